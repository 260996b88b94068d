// The report as Markdown.

const rate = (one) => (one ? `${Math.round(one.median)} (${Math.round(one.best)})` : '-');

/** One table: what each runtime does in each cell, and ours as a multiple of the best of the others. */
function table(report, kind) {
  const systems = [...new Set(report.others.map((cell) => cell.system))];
  const lines = [
    `| weights | K/V heads | context | ${systems.join(' | ')} | sage-music | times the best other |`,
    `|---|---|---|${'---|'.repeat(systems.length + 2)}`,
  ];
  const settings = new Map();
  for (const {width, kv_heads: kvHeads} of report.others.filter((cell) => cell.system === systems[0])) {
    const same = (cell) => cell.width === width && cell.kv_heads === kvHeads;
    const rows = report.ours.filter(same);
    for (const own of rows.length > 0 ? rows : [null]) {
      for (const context of report.contexts) {
        const theirs = systems.map((system) => report.others.find((cell) => cell.system === system && same(cell))?.rates[context][kind]);
        theirs.forEach((one, i) => one && settings.set(`${systems[i]}: ${one.with}`, (settings.get(`${systems[i]}: ${one.with}`) ?? 0) + 1));
        const ours = own?.rates[context][kind];
        const best = Math.max(...theirs.map((one) => one?.median ?? 0));
        lines.push(`| ${width} | ${kvHeads}${own ? `, ${own.member}` : ''} | ${context} | ${theirs.map(rate).join(' | ')} | ` +
                   `${rate(ours)} | ${ours ? (ours.median / best).toFixed(2) : '-'} |`);
      }
    }
  }
  return lines.join('\n') + '\n\nFastest settings, in how many of these rows: ' +
         [...settings].sort((a, b) => b[1] - a[1]).map(([name, count]) => `${name} (${count})`).join('; ') + '.\n';
}

export function markdown(report) {
  const {processor, cores, date, threads, rounds, vocabulary, descriptions, minutes, load_before: load, agreement} = report;
  const picked = Object.entries(descriptions).map(([name, list]) => `- ${name}: ${list.join('; ')}`).join('\n');
  return `${processor}, ${cores} cores, ${date}, load ${load.toFixed(1)} before, ${minutes.toFixed(1)} minutes. ${threads} threads, ` +
         `${rounds} interleaved rounds. Shape d512 L8 h8 ff1408, vocabulary ${vocabulary}, random weights, batch 1. ` +
         `The two others agree on the logits of a small f32 model to ${agreement.toExponential(0)}.\n\n${picked}\n\n` +
         `Decoding, tokens/s, median (best):\n\n${table(report, 'decode')}\n` +
         `Prefill of the whole context, tokens/s, median (best):\n\n${table(report, 'prefill')}`;
}
