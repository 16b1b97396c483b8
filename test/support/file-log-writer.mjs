// A process that writes to a log until it is killed. It says how it found the log, and which append was acknowledged.
// Usage: node file-log-writer.mjs <built log-file.js> <folder> <role>
const [, , entry, dir, role] = process.argv;
const { fileLog } = await import(entry);
const say = (text) => process.stdout.write(`${text}\n`);

/** The entry of an offset: always the same, so that whoever reads it knows. */
function body(offset) {
  const text = new TextEncoder().encode(`entry ${offset} `.repeat(1 + (offset % 40)));
  const long = [];
  for (let rest = offset * 2; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      long.push(rest);
      break;
    }
    long.push((rest % 128) | 0x80);
  }
  return Uint8Array.from([...long, ...text]);
}

const schema = { avro: '"bytes"', notes: { 'memoir.fingerprint': 'a' }, fingerprint: 'a' };
const plan = fileLog({ dir, segmentBytes: 50_000 });

async function write() {
  let log;
  try {
    log = await plan.open();
  } catch (error) {
    say(`refused ${error.code}`);
    return;
  }
  say(`open ${log.head}`);
  if (role === 'hold') {
    setInterval(() => undefined, 1000);
    return;
  }
  for (;;) {
    const count = 1 + (log.head % 5);
    await log.append(
      Array.from({ length: count }, (_, i) => body(log.head + 1 + i)),
      schema,
    );
    say(`have ${log.head}`);
    if (log.head % 97 === 0) await log.compact(log.head - 3000);
  }
}

async function follow() {
  const log = await plan.follow();
  say(`open ${log.head}`);
  for await (const { offset, body: found } of log.follow(log.floor)) {
    if (Buffer.compare(found, body(offset)) !== 0) say(`wrong ${offset}`);
    say(`have ${offset}`);
  }
}

await (role === 'follow' ? follow() : write());
