"""QR codes, drawn here: no address leaves the house to become one."""

from io import BytesIO

import segno


def qr_of(address: str) -> str:
    """As SVG with the white edge that cameras need; a fifth of it may be lost in printing."""
    drawn = BytesIO()
    segno.make(address, error="m").save(
        drawn, kind="svg", border=4, light="#fff", xmldecl=False, svgclass=None, lineclass=None, omitsize=True
    )
    return drawn.getvalue().decode()
