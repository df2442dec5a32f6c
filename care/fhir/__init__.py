"""Records as other systems read them: FHIR R4 resources, out for a client or a practice, and clients in."""

from care.fhir.exporting import export_fhir
from care.fhir.importing import FoundPatient, Patients, add_patients, as_patients, read_patients

__all__ = ["FoundPatient", "Patients", "add_patients", "as_patients", "export_fhir", "read_patients"]
