// Runs in every realm before a step: takes away what would let a step come out otherwise at another time, place or try.
'use strict';
(function () {
  const hidden = (object, name, value) => Object.defineProperty(object, name, { value, writable: true, configurable: true, enumerable: false });
  const clock = 'a step may not know the time: it must come out the same whenever it runs. Take a time from the data, or let SQLite write one with datetime()';
  const refuse = (what) => () => { throw new Error(what); };

  hidden(Math, 'random', refuse('a step may not use Math.random: it must come out the same in every run'));

  // Dates are told in UTC: the machine's time zone is not the site's data. Only a string without a zone would mean local time.
  const Native = Date;
  const utc = Native.UTC, parseNative = Native.parse;
  const timed = /\d:\d\d(?::\d\d(?:[.,]\d+)?)?\s*(?:[ap]m\b)?(.*)$/i;
  const zoned = /z|gmt|utc|[ecmp][sd]t|[+-]\s*\d/i;
  const isoDay = /^\s*[+-]?\d{4,6}(?:-\d\d(?:-\d\d)?)?\s*$/;
  function parse(text) {
    text = String(text);
    const time = timed.exec(text);
    if (time ? zoned.test(time[1]) : isoDay.test(text)) return parseNative(text);
    const told = parseNative(text + (time ? 'Z' : ' 00:00:00Z'));
    return Number.isNaN(told) ? parseNative(text + (time ? ' GMT' : ' 00:00:00 GMT')) : told;
  }
  function Dated(...parts) {
    if (new.target === undefined || parts.length === 0) throw new Error(clock);
    let when;
    if (parts.length > 1) {
      when = utc(...parts);
    } else if (parts[0] instanceof Native) {
      when = parts[0].getTime();
    } else {
      const given = typeof parts[0] === 'object' && parts[0] !== null ? parts[0][Symbol.toPrimitive]?.('default') ?? parts[0].valueOf() : parts[0];
      when = typeof given === 'string' ? parse(given) : typeof given === 'object' ? parse(given) : Number(given);
    }
    return Reflect.construct(Native, [when], new.target);
  }
  const shown = Native.prototype;
  hidden(Dated, 'name', 'Date');
  hidden(Dated, 'length', 7);
  Object.defineProperty(Dated, 'prototype', { value: shown, writable: false, enumerable: false, configurable: false });
  hidden(Dated, 'UTC', utc);
  hidden(Dated, 'parse', parse);
  hidden(Dated, 'now', refuse(clock));
  hidden(shown, 'constructor', Dated);
  for (const part of ['FullYear', 'Month', 'Date', 'Day', 'Hours', 'Minutes', 'Seconds', 'Milliseconds']) {
    hidden(shown, 'get' + part, shown['getUTC' + part]);
    if (part !== 'Day') hidden(shown, 'set' + part, shown['setUTC' + part]);
  }
  hidden(shown, 'getYear', function () { return this.getUTCFullYear() - 1900; });
  delete shown.setYear;
  hidden(shown, 'getTimezoneOffset', function () { return this.getTime() * 0; });
  const iso = shown.toISOString, toUTCString = shown.toUTCString;
  const text = (from, to) => function () { return Number.isNaN(this.getTime()) ? 'Invalid Date' : iso.call(this).replace('T', ' ').slice(from, to); };
  hidden(shown, 'toString', function () { return toUTCString.call(this); });
  hidden(shown, 'toLocaleString', text(0, -5));
  hidden(shown, 'toDateString', text(0, -14));
  hidden(shown, 'toLocaleDateString', text(0, -14));
  hidden(shown, 'toTimeString', text(-13, -5));
  hidden(shown, 'toLocaleTimeString', text(-13, -5));
  hidden(globalThis, 'Date', Dated);

  // An integer of 64 bits in JSON, for the fields of a failure and for JSON columns, loses nothing as text.
  hidden(BigInt.prototype, 'toJSON', function () { return this.toString(); });

  for (const timer of ['setTimeout', 'setInterval', 'setImmediate']) {
    hidden(globalThis, timer, refuse(timer + ': a step may not wait; there are no timers'));
  }
  hidden(globalThis, 'fetch', refuse('fetch: a step has no network'));
  for (const gone of ['performance', 'navigator', 'WeakRef', 'FinalizationRegistry', 'Atomics', 'SharedArrayBuffer', 'gc']) delete globalThis[gone];
})();
