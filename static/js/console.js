// Everything this site does in the browser beside htmx. No eval, no inline code; every page works without it.
(() => {
  const root = document.documentElement;
  const say = text => { const p = document.getElementById('announcer'); if (p) p.textContent = text; };
  const all = (selector, fn) => document.querySelectorAll(selector).forEach(fn);
  const on = (names, fn, capture) => names.split(' ').forEach(name => document.addEventListener(name, fn, capture));

  // Live regions: no request from a hidden tab, while paused or while backing off.
  const live = e => (e.detail?.elt ?? e.target)?.closest?.('[data-live]');
  const refresh = () => all('[data-live]', el => htmx.trigger(el, 'live:refresh'));
  let fails = 0, resumeAt = 0, skew = 0;
  on('htmx:beforeRequest', e => {
    if (!live(e)) return;
    const forced = e.detail.requestConfig?.triggeringEvent?.type === 'live:refresh';
    if (document.hidden || root.hasAttribute('data-paused') || (!forced && Date.now() < resumeAt)) e.preventDefault();
  });
  on('htmx:sendError htmx:responseError htmx:timeout', e => {
    if (!live(e)) return;
    resumeAt = Date.now() + Math.min(1000 * 2 ** ++fails, 15000);
    if (fails === 2) { root.toggleAttribute('data-offline', true); say('Connection lost. Reconnecting.'); }
  });
  on('htmx:afterRequest', e => {
    if (!live(e) || !e.detail.successful) return;
    if (root.hasAttribute('data-offline')) say('Connected again.');
    fails = resumeAt = 0; root.removeAttribute('data-offline');
    const ahead = Date.parse(e.detail.xhr.getResponseHeader('Date')) - Date.now();
    if (Math.abs(ahead) > 2000) skew = ahead;              // the server's clock is the one that counts
  });
  on('htmx:beforeSwap', e => {                             // signed out meanwhile: the sign-in page belongs in no region
    const asked = new URL(e.detail.pathInfo.requestPath, location), got = new URL(e.detail.xhr.responseURL || asked);
    if (asked.pathname !== got.pathname) { e.preventDefault(); if (live(e)) location.reload(); }
  });
  on('visibilitychange', () => { if (!document.hidden) refresh(); });
  // Back and forward show a page as it was left, from the browser's memory or its cache.
  const isOld = e => e.persisted || performance.getEntriesByType('navigation')[0]?.type === 'back_forward';
  addEventListener('pageshow', e => { if (isOld(e)) refresh(); });
  // What the reader opened stays open: `open` of details and dialogs is the reader's, not the server's.
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) => !(name === 'open' && /^(DETAILS|DIALOG)$/.test(node.tagName));
  Idiomorph.defaults.ignoreActiveValue = true;

  // Times tick in the words of console/templatetags/console.py.
  const units = [[172800, 86400, 'd'], [3600, 3600, 'h'], [60, 60, 'min'], [0, 1, 's']];
  const coarse = s => { const [, size, name] = units.find(([from]) => s >= from); return `${Math.floor(s / size)} ${name}`; };
  const exact = s => {
    if (s < 1) return 'under 1 s';
    const [size, part, a, b] = s >= 86400 ? [86400, 3600, 'd', 'h'] : s >= 3600 ? [3600, 60, 'h', 'min'] : [60, 1, 'min', 's'];
    return [[Math.floor(s / size), a], [Math.floor(s % size / part), b]].filter(([n]) => n).map(p => p.join(' ')).join(' ');
  };
  const words = { ago: s => s < 5 ? 'just now' : `${coarse(s)} ago`, since: coarse, elapsed: exact };
  const tick = () => all('time[data-tick]', el => {
    const text = words[el.dataset.tick](Math.max(0, Math.floor((Date.now() + skew - Date.parse(el.dateTime)) / 1000)));
    if (el.textContent !== text) el.textContent = text;
  });
  const fill = () => all('progress[data-since]', el => { el.value = Math.min(el.max, (Date.now() + skew - Date.parse(el.dataset.since)) / 1000); });
  setInterval(() => { if (!document.hidden) { tick(); fill(); } }, 1000);

  // Logs stay at their end while the reader is there.
  const atEnd = new Set();
  const follow = () => atEnd.forEach(log => { log.scrollTop = log.scrollHeight; });
  on('htmx:beforeSwap', () => { atEnd.clear(); all('[data-log]', log => { if (log.scrollHeight - log.scrollTop - log.clientHeight < 24) atEnd.add(log); }); });
  on('htmx:afterSwap', () => { follow(); tick(); });

  // Characters left, counted as the server counts them: code points.
  const left = new WeakMap();
  on('focusin input', e => {
    const box = e.target.closest?.('[data-count]'); if (!box) return;
    box.removeAttribute('maxlength');                      // counts UTF-16 units: an emoji as two
    const limit = Number(box.dataset.count), now = limit - [...box.value].length, before = left.get(box) ?? limit;
    const text = now < 0 ? `${-now} ${now === -1 ? 'character' : 'characters'} too many` : `${now} of ${limit} characters left`;
    all(`[data-count-of="${CSS.escape(box.id)}"]`, hint => { hint.textContent = text; });
    box.setCustomValidity(now < 0 ? text : '');
    if (e.type === 'input' && [20, 0].some(mark => before > mark && now <= mark)) say(text);
    left.set(box, now);
  });

  // Dialogs: a link with data-dialog shows its page's form in the one <dialog>.
  const dialog = document.getElementById('dialog');
  let opener = null, pressed = null;
  const open = async link => {
    opener = link;
    await htmx.ajax('GET', link.href, { target: dialog, swap: 'innerHTML' });
    if (dialog.childElementCount) dialog.showModal(); else location.assign(link.href);
  };
  dialog?.addEventListener('close', () => {
    dialog.replaceChildren();
    (opener?.isConnected ? opener : document.getElementById(opener?.id))?.focus();
  });

  const copy = async button => {
    try { await navigator.clipboard.writeText(button.dataset.copy); } catch { return say('Copying is not allowed here.'); }
    say('Copied.'); button.toggleAttribute('data-copied', true); setTimeout(() => button.removeAttribute('data-copied'), 2000);
  };
  const clicks = {
    '[data-dialog]': link => open(link),
    '[data-close]': link => link.closest('dialog') ? dialog.close() : location.assign(link.href),
    '[data-dismiss]': link => { link.closest('.cs-flash').remove(); document.getElementById('main').focus(); },
    '[data-copy]': copy,
    '[data-pause]': () => { if (!root.toggleAttribute('data-paused')) refresh(); },
  };
  on('pointerdown', e => { pressed = e.target; });
  on('click', e => {
    all('details.cs-dropdown[open]', menu => { if (!menu.contains(e.target)) menu.open = false; });
    if (e.target === dialog && pressed === dialog) return dialog.close();
    if (e.button || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return;
    for (const [selector, act] of Object.entries(clicks)) {
      const el = e.target.closest(selector);
      if (el) { e.preventDefault(); act(el); return; }
    }
  });
  on('keydown', e => {
    if (e.altKey && e.code === 'KeyS') { const box = document.getElementById('q'); if (box) { e.preventDefault(); box.focus(); } }
    const menu = e.key === 'Escape' && e.target.closest?.('details.cs-dropdown[open]');
    if (menu) { menu.open = false; menu.querySelector('summary').focus(); }
  });
  on('toggle', e => {                                      // the side navigation stays as it was left, on wide screens
    if (e.target.id === 'nav-toggle' && matchMedia('(min-width: 901px)').matches) document.cookie = `nav=${e.target.open ? 'open' : 'closed'}; path=/; max-age=31536000; samesite=lax`;
  }, true);

  tick();
  all('[data-log]', log => { log.scrollTop = log.scrollHeight; });
  // A form that came back: the reader lands where it says what is wrong.  Everything else is only said.
  const wrong = document.querySelector('.cs-flash--error, .cs-flash--warning, .cs-alert--error, [aria-invalid="true"]');
  const news = wrong ?? document.querySelector('.cs-flash__body');
  if (wrong && !document.querySelector('[autofocus]')) wrong.focus();
  else if (news) setTimeout(() => say(news.textContent.trim().replace(/\s+/g, ' ')), 400);
})();
