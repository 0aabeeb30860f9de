// Tells while a schedule is typed when it will fire next. Without script the Show button does the same.

const place = document.querySelector('[data-firings]');
const form = place.closest('form');
const keys = ['type', 'cron', 'timeZone', 'everySeconds', 'startsAt', 'endsAt', 'excludeDates', 'blackout'];
const pauseMs = 300;
let timer = 0;
let asked = 0;

document.querySelector('[data-firings-check]').hidden = true;
for (const key of keys)
  for (const input of form.querySelectorAll(`[name="${key}"]`))
    input.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(() => void ask(), pauseMs);
    });

/** Never rejects: what goes wrong is told beside the fields. */
async function ask() {
  const timing = timingOf(new FormData(form));
  asked += 1;
  const mine = asked;
  if (timing === undefined) {
    place.replaceChildren();
    return;
  }
  try {
    const headers = { 'content-type': 'application/json', 'x-csrf-token': form.elements.namedItem('csrf').value };
    const answer = await fetch('/api/v1/schedules/preview', { method: 'POST', headers, body: JSON.stringify(timing) });
    const body = await answer.json();
    // an answer to what was typed before is worth nothing
    if (mine === asked) place.replaceChildren(answer.ok ? listOf(body.items) : problemOf(body));
  } catch {
    if (mine === asked) place.textContent = 'The server cannot be reached.';
  }
}

/** What the form says of when, in the words of the API; undefined while there is not enough to ask. */
function timingOf(data) {
  const given = (key) => String(data.get(key) ?? '').trim() || undefined;
  const parts = (key, separator) =>
    (given(key) ?? '')
      .split(separator)
      .map((part) => part.trim())
      .filter((part) => part !== '');
  const type = given('type');
  const calendar = {
    startsAt: given('startsAt'),
    endsAt: given('endsAt'),
    excludeDates: parts('excludeDates', /[\s,]+/),
    blackout: parts('blackout', /\n/),
  };
  const hasDates = calendar.excludeDates.length + calendar.blackout.length > 0;
  if (type === 'Scheduled' && given('cron')) return { type, cron: given('cron'), timeZone: given('timeZone'), ...calendar };
  const everySeconds = secondsOf(given('everySeconds'));
  if (type !== 'Interval' || everySeconds === undefined) return undefined;
  return { type, everySeconds, ...(hasDates ? { timeZone: given('timeZone') } : {}), ...calendar };
}

const unitSeconds = { s: 1, m: 60, h: 3600, d: 86_400 };

function secondsOf(text) {
  const match = /^(\d{1,9})\s*([smhd]?)$/.exec(text ?? '');
  return match === null ? undefined : Number(match[1]) * (unitSeconds[match[2]] ?? 1);
}

function listOf(items) {
  const list = document.createElement('ol');
  for (const { at, skipped } of items) {
    const item = document.createElement('li');
    const time = document.createElement('time');
    time.dateTime = at;
    time.textContent = `${at.slice(0, 19).replace('T', ' ')} UTC`;
    item.append(time);
    if (skipped !== null) {
      const note = document.createElement('span');
      note.className = 'note';
      note.textContent = ` skipped: ${skipped}`;
      item.append(note);
    }
    list.append(item);
  }
  return list;
}

function problemOf({ detail }) {
  const problem = document.createElement('span');
  problem.className = 'field-problem';
  problem.textContent = detail;
  return problem;
}
