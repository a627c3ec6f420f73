// What is wrong with the page for people who see little, tap with a thumb, or hear it read out. A list of sentences.
() => {
  const problems = [];
  const seen = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest('.visually-hidden');
  const named = (element) => `${element.tagName.toLowerCase()} “${(element.innerText || element.id || element.className).trim().slice(0, 30)}”`;

  // Contrast (WCAG 1.4.3): 4.5, or 3 for large letters.
  const channels = (colour) => { const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number); return { rgb: [r, g, b], a }; };
  const over = (top, below) => top.rgb.map((value, index) => value * top.a + below[index] * (1 - top.a));
  const ground = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.push(channels(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
  };
  const light = (rgb) => rgb.map((value) => value / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const contrast = (element, style) => {
    const below = ground(element);
    const [low, high] = [light(over(channels(style.color), below)), light(below)].sort((a, b) => a - b);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < (large ? 3 : 4.5)) problems.push(`contrast ${ratio.toFixed(2)} of ${named(element)}`);
  };
  for (const element of document.body.querySelectorAll('*')) {
    const letters = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    if (letters && seen(element)) contrast(element, getComputedStyle(element));
    if (element.placeholder) contrast(element, getComputedStyle(element, '::placeholder'));
  }

  // Targets, and nothing that sticks out.
  for (const element of document.querySelectorAll('button, summary, input:not([type=hidden]), textarea, .button')) {
    const { width, height } = element.getBoundingClientRect();
    if (seen(element) && (width < 44 || height < 44)) problems.push(`${named(element)} is ${width}×${height}`);
  }
  for (const element of [document.documentElement, ...document.querySelectorAll('#log')]) {
    if (element.scrollWidth > element.clientWidth) problems.push(`${named(element)} scrolls sideways: ${element.scrollWidth} in ${element.clientWidth}`);
  }

  // Structure.
  const visible = (selector) => [...document.querySelectorAll(selector)].filter(seen);
  if (document.documentElement.lang !== 'en') problems.push('no language');
  if (!document.title) problems.push('no title');
  for (const selector of ['h1', 'main']) if (visible(selector).length !== 1) problems.push(`${visible(selector).length} ${selector}`);
  for (const field of visible('input:not([type=hidden]), textarea')) if (!field.labels.length) problems.push(`${named(field)} has no label`);
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) problems.push(`id ${id} twice`);
  for (const element of document.querySelectorAll('[aria-labelledby], [aria-describedby]')) {
    const id = element.getAttribute('aria-labelledby') ?? element.getAttribute('aria-describedby');
    if (!document.getElementById(id)) problems.push(`${named(element)} refers to #${id}, which is not there`);
  }
  return problems;
}
