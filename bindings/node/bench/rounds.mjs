// Rounds of measurements in a random order, and the table of their results.

// Measures every contender in each round, in another order each time. The first rounds let the compiler warm up, and
// do not count. A measurement returns one figure for each column.
export async function inRounds(count, contenders, measure, warming = 1) {
  const rounds = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round < warming + count; round += 1) {
    for (const [name, contender] of shuffled(Object.entries(contenders))) {
      const figures = await measure(contender);
      if (round >= warming) rounds[name].push(figures);
    }
  }
  return rounds;
}

// Prints the medians, and behind each the ratio to another row: the median of the ratios in one round each, in which
// the machine was about equally busy.
export function print(title, columns, rounds, compared) {
  console.log(`\n${title}`);
  const heads = columns.flatMap((column) => [column, ...Object.values(compared)]);
  line('', heads);
  for (const [name, figures] of Object.entries(rounds)) {
    const cells = columns.flatMap((_, column) => [
      shown(median(figures.map((each) => each[column]))),
      ...Object.keys(compared).map((other) =>
        median(figures.map((each, round) => each[column] / rounds[other][round][column])).toFixed(2),
      ),
    ]);
    line(name, cells);
  }
}

function line(name, cells) {
  console.log(`  ${name.padEnd(34)}${cells.map((cell) => cell.padStart(10)).join('')}`);
}

const shown = (value) => (value >= 1000 ? Math.round(value).toLocaleString('en') : value.toFixed(1));

export function median(values) {
  return values.sort((a, b) => a - b)[values.length >> 1];
}

function shuffled(members) {
  const ordered = members.map((member) => [Math.random(), member]).sort(([a], [b]) => a - b);
  return ordered.map(([, member]) => member);
}

// Returns the microseconds of processor time that this process has used since.
export function processor() {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
}

// Returns the bytes on the heap and beside it that are in use.
export function held() {
  for (let times = 0; times < 4; times += 1) globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
