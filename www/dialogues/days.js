/** Dialogues by the day on which something was said in them last, as a person calls it. */

const DAY_MILLIS = 86_400_000;

/**
 * @template {{changed: number}} D @param {D[]} dialogues the one changed last first
 * @param {string} language @returns {{day: string, dialogues: D[]}[]}
 */
export function byDay(dialogues, language) {
  /** @type {{day: string, dialogues: D[]}[]} */
  const days = [];
  for (const dialogue of dialogues) {
    const day = dayName(dialogue.changed, language);
    if (days.at(-1)?.day === day) days.at(-1)?.dialogues.push(dialogue);
    else days.push({ day, dialogues: [dialogue] });
  }
  return days;
}

/** @param {number} at @param {string} language */
function dayName(at, language) {
  const [then, now] = [new Date(at), new Date()];
  const daysAgo = Math.round((midnight(now) - midnight(then)) / DAY_MILLIS);
  if (daysAgo >= 0 && daysAgo < 2) return withCapital(new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(-daysAgo, "day"), language);
  const year = then.getFullYear() === now.getFullYear() ? undefined : "numeric";
  return new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long", year }).format(then);
}

/** @param {Date} date */
function midnight(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/** @param {string} text @param {string} language */
function withCapital(text, language) {
  return text.slice(0, 1).toLocaleUpperCase(language) + text.slice(1);
}
