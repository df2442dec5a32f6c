// What script adds to a client's own page, which works without it: a timer for a hold, and today's plan kept to be
// read without internet. Nothing is kept, and no worker starts, before somebody taps Save.
"use strict";

document.documentElement.classList.add("js");
const option = (name) => document.querySelector(`[data-option="${name}"]`)?.checked;
const say = (words) => (document.getElementById("status").textContent = words);

// ---- The timer. Sound and vibration are off until they are ticked.
let sounds = null;

function beep() {
  const tone = sounds.createOscillator();
  const volume = sounds.createGain();
  volume.gain.value = 0.2;
  tone.connect(volume).connect(sounds.destination);
  tone.start();
  tone.stop(sounds.currentTime + 0.4);
}

function holdFor(button) {
  if (button.timer) return;
  // A phone lets a page sound only in answer to a tap.
  if (option("sound")) (sounds ??= new AudioContext()).resume();
  const label = button.textContent;
  const until = Date.now() + Number(button.dataset.timer) * 1000;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    button.textContent = left > 0 ? `${left}` : label;
    if (left > 0) return;
    clearInterval(button.timer);
    button.timer = null;
    say(button.dataset.over);
    if (option("sound") && sounds) beep();
    if (option("vibration")) navigator.vibrate?.(400);
  };
  say("");
  button.timer = setInterval(tick, 200);
  tick();
}

document.addEventListener("click", ({ target }) => {
  const timer = target.closest("[data-timer]");
  if (timer) holdFor(timer);
});

// ---- Today's plan, saved.
const place = document.querySelector("[data-offline]");
const shelf = location.pathname;

// Without a plan there is nothing to save, but what was saved before can be removed.
function show(isSaved) {
  const offer = place.querySelector("[data-save]");
  if (offer) offer.hidden = isSaved;
  place.querySelector("[data-remove]").hidden = !isSaved;
  place.hidden = !offer && !isSaved;
}

async function save() {
  const answer = await fetch("?copy=1", { cache: "no-store" });
  if (!answer.ok) throw new Error("no copy");
  const page = new DOMParser().parseFromString(await answer.clone().text(), "text/html");
  const parts = [...page.querySelectorAll("img, link[rel=stylesheet]")].map((one) => one.getAttribute("src") || one.getAttribute("href"));
  const kept = await caches.open(shelf);
  await kept.addAll(parts);
  await kept.put(`${shelf}?copy=1`, answer);
  await navigator.serviceWorker.register(place.dataset.offline, { scope: shelf });
}

async function remove() {
  await caches.delete(shelf);
  const worker = await navigator.serviceWorker.getRegistration(shelf);
  await worker?.unregister();
}

async function press(work, isSaved) {
  try {
    await work();
    show(isSaved);
    say(isSaved ? place.dataset.saved : "");
  } catch {
    say(place.dataset.failed);
  }
}

if (place && "serviceWorker" in navigator && "caches" in window) {
  caches.has(shelf).then(show);
  place.querySelector("[data-save]")?.addEventListener("click", () => press(save, true));
  place.querySelector("[data-remove]").addEventListener("click", () => press(remove, false));
}
