// Masks telephone numbers, addresses and references before they leave her phone.
// The patterns are the server's own (identifiers.json); the checks are those of bot/text/redaction.py.
"use strict";
const makeMask = (kinds) => {
  const MASK = "•••";
  const UNSEEN = /[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;
  const O_FOR_ZERO = /(?<=\d)o(?=[\do .-])|(?<=\do)o|(?<!\p{L})o(?=o?\d)|(?<=\d )o(?=o)/giu;
  const DATE = /(?<!\d)(\d{1,4})([ ./-]{1,2})(\d{1,2})\2(\d{2,4})(?!\d)/gu;

  // Every script's digits stand in a row of ten that begins where the row before ends, or apart from it.
  const digit = (letter) => {
    let code = letter.codePointAt(0);
    let value = 0;
    while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value += 1;
    return String(value);
  };

  // The text, letter for letter, with digits as 0-9, dashes as -, spaces as blanks, o for zero among digits.
  const view = (text) =>
    text
      .replace(/(?![0-9])\p{Nd}/gu, (letter) => digit(letter).padEnd(letter.length, " "))
      .replace(/[\uff01-\uff5e]/gu, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0xfee0))
      .replace(/\p{Pd}/gu, "-")
      .replace(/[\p{Zs}\t]/gu, " ")
      .replace(O_FOR_ZERO, "0");

  const isDay = (day, month, year) => {
    const full = year < 100 ? year + 2000 : year;
    if (full >= 1300 && full <= 1450) return day >= 1 && day <= 31 && month >= 1 && month <= 12;
    const date = new Date(Date.UTC(full, month - 1, day));
    return full >= 1900 && full <= 2100 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  };
  const isDate = (found) => {
    const match = new RegExp(`^${DATE.source}$`, "u").exec(found.replace(/^[ ()]+|[ ()]+$/g, ""));
    if (!match) return false;
    const [first, middle, last] = [match[1], match[3], match[4]];
    return [[first, last], [last, first]].some(
      ([day, year]) =>
        (year.length === 2 || year.length === 4) &&
        day.length <= 2 &&
        (isDay(+day, +middle, +year) || isDay(+middle, +day, +year)),
    );
  };
  const isYear = (group) => /^(?:19|20)\d\d$/.test(group);

  const number = (text, start, end) => {
    const found = text.slice(start, end);
    if (/[£$€₹৳]\s?$/u.test(text.slice(Math.max(0, start - 3), start))) return false;
    if (/^\s?(?:£|\$|€|pounds?|quid|gbp|usd|euros?|rupees?|taka|lakhs?|k\b)/iu.test(text.slice(end, end + 9))) return false;
    if (/^(?:19|20)\d\d(?: ?[-/] ?| )(?:19|20)\d\d$/.test(found) || isDate(found)) return false;
    const groups = found.match(/\d+/g);
    const phone = "+0(".includes(found[0]);
    if (!phone && groups.length > 4 && groups.every((group) => group.length <= 3))
      return groups.join("").length >= 10 && groups.some((group) => group.length > 2);
    if (!phone && groups.every((group) => group.length <= 2)) return false;
    if (groups.length <= 4 && [...found.matchAll(DATE)].some((match) => isDate(match[0]))) return false;
    return !(groups.length === 2 && groups.every(isYear));
  };
  const luhn = (digits) =>
    [...digits].reverse().reduce((sum, letter, place) => {
      const twice = +letter * (1 + (place % 2));
      return sum + (twice > 9 ? twice - 9 : twice);
    }, 0) % 10 === 0;
  const mod97 = (text) => {
    const turned = text.slice(4) + text.slice(0, 4);
    return [...turned].reduce((rest, letter) => Number(`${rest}${parseInt(letter, 36)}`) % 97, 0) === 1;
  };
  const CHECKS = {
    none: () => true,
    number,
    colons: (text, start, end) => {
      const found = text.slice(start, end);
      return found.split(":").length > 3 || found.includes("::");
    },
    iban: (text, start, end) =>
      end - start >= 18 || mod97(text.slice(start, end).replaceAll(" ", "").toUpperCase()),
    card: (text, start, end) => luhn(text.slice(start, end).replace(/\D/g, "")),
    money: (text, start, end) => !/^(?:gbp|usd|eur|pkr|inr|bdt|rs)(?![a-z])/i.test(text.slice(start, end)),
    slash: (text, start, end) => {
      const found = text.slice(start, end);
      return found.includes("/") && !isDate(found);
    },
  };

  const recognizers = Object.entries(kinds).flatMap(([kind, patterns]) =>
    patterns.map((one) => ({
      kind,
      check: CHECKS[one.check || "none"],
      pattern: new RegExp(one.pattern, one.case === "exact" ? "dgu" : "dgiu"),
    })),
  );

  // The text with every find masked, and the kinds that were found.
  return (raw) => {
    const text = raw.replace(UNSEEN, "");
    const seen = view(text);
    const found = [];
    for (const { kind, check, pattern } of recognizers)
      for (const match of seen.matchAll(pattern)) {
        const [start, end] = match.indices[match[1] ? 1 : 0];
        if (check(seen, start, end)) found.push([start, end, kind]);
      }
    found.sort((one, other) => one[0] - other[0] || one[1] - other[1]);
    let masked = "";
    let at = 0;
    const removed = new Set();
    for (const [start, end, kind] of found) {
      removed.add(kind);
      if (start >= at) masked += text.slice(at, start) + MASK;
      at = Math.max(at, end);
    }
    return { text: masked + text.slice(at), kinds: [...removed].sort() };
  };
};
