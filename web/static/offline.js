// Serves the plan that a client saved while there is no internet, and forgets it when its day is over or the link
// is dead. It belongs to one client's link, whose path is its scope and the name of its shelf.
"use strict";

const shelf = new URL(self.registration.scope).pathname;
const copyOf = `${shelf}?copy=1`;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  event.respondWith(request.mode === "navigate" ? page(request) : fetch(request).catch(() => part(request)));
});

async function page(request) {
  let answer;
  try {
    answer = await fetch(request);
  } catch {
    return (await copy()) || Response.error();
  }
  if (answer.status === 404) await forget();
  else await copy();
  return answer;
}

async function copy() {
  const found = await caches.match(copyOf, { cacheName: shelf });
  if (found && Number(found.headers.get("X-Good-Until")) > Date.now()) return found;
  await forget();
  return null;
}

async function part(request) {
  return (await caches.match(request, { cacheName: shelf })) || Response.error();
}

async function forget() {
  await caches.delete(shelf);
  await self.registration.unregister();
}
