// Keeps the page of a case as it is: when there is something new, when the next news is due, and once a minute.
// Without it the page is made once, and its link "Check again" makes it anew.

const main = document.querySelector('main');
const made = () => main.querySelector('.made[data-events]');
const said = () => main.querySelector('h1').textContent + main.querySelector('.history').textContent;
const focusable = () => [...main.querySelectorAll('a')];
const kinds = ['incident.opened', 'incident.update.published', 'incident.closed', 'resync'];

let timer, isLooking = false, isAskedAgain = false, every = 60_000;

// Read out, and not seen: whoever sees the page sees that it has changed.
const news = document.createElement('p');
news.setAttribute('role', 'status');
news.className = 'unseen';

function show(page) {
  const fresh = page.querySelector('main');
  if (!fresh?.querySelector('.made[data-events]')) return;
  const [before, at, x, y] = [said(), focusable().indexOf(document.activeElement), scrollX, scrollY];
  main.replaceChildren(...fresh.childNodes);
  if (at >= 0) focusable()[at]?.focus({ preventScroll: true });
  scrollTo({ left: x, top: y, behavior: 'instant' });
  if (said() !== before) news.textContent = `There is news. ${main.querySelector('h1').textContent}`;
}

async function look() {
  if (isLooking) { isAskedAgain = true; return; }
  isLooking = true;
  clearTimeout(timer);
  try {
    const answer = await fetch(location.href);
    if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), 'text/html'));
  } catch { /* the line is down: the next look tries again */ }
  isLooking = false;
  if (isAskedAgain) { isAskedAgain = false; look(); } else wait();
}

// By the clock of the hub: that of this machine may be wrong.
function wait() {
  const { due, now } = made().dataset;
  const left = due ? Date.parse(due) - Date.parse(now) + 1_000 : Infinity;
  timer = setTimeout(look, left > 0 ? Math.min(left, every) : every);
}

if (made()) {
  document.body.append(news);
  const source = new EventSource(made().dataset.events);
  for (const kind of kinds) source.addEventListener(kind, look);
  source.addEventListener('error', () => { every = 30_000; clearTimeout(timer); wait(); });
  source.addEventListener('open', () => { every = 60_000; });
  wait();
}
