import { cutInTwo, INVARIANTS } from "./invariants.ts"
import type { Scenario } from "./scenario.ts"
import { scenarios } from "./scenarios.ts"
import { BUGS, FaultWorld, type Ran } from "./world.ts"

/** How one cell came out: nothing wrong, or what. */
export interface Cell {
  readonly scenario: Scenario
  readonly problems: ReadonlyArray<string>
  /** Of all its runs, for whoever has to find out. */
  readonly log: string
}

/** What a scenario is judged by beside the rules for the machine that it leaves. */
const RULES = [
  "every run ends by itself",
  "with the exit code that it should",
  "within ten seconds of a signal",
  "one run at a time of a state directory",
  "every bug has its job, and no other",
  "settling again changes nothing",
  "no process is left"
]

const EXPECTED: ReadonlyArray<number> = [0, 1, 3, 4, 6]

const SIGNALLED: Readonly<Record<string, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

const told = (ran: Ran): string => `exit ${ran.code} ${ran.signal ?? ""}, left in ${ran.leftIn} ms\n${ran.stderr}`

const isExpected = ({ codes = EXPECTED, mayEnd = false }: Scenario, { code, leftIn }: Ran, act: string): boolean => {
  if (act === "kill") return code === null
  const signalled = SIGNALLED[act]
  if (signalled === undefined || (mayEnd && code === 0)) return code !== null && codes.includes(code)
  return code === signalled && leftIn < 10_000
}

/** A second run of one state directory does nothing while the first is held; nothing can be said of one that was let go. */
const isLeftOut = (first: Ran, second: Ran): boolean =>
  /^⏭️ RUN_SKIPPED /m.test(second.stderr) || /^SABOTEUR: let go$/m.test(first.stderr)

/** Ends in which settling again has changed nothing, but for numbers: times, run ids, process ids. */
const settledEnds = new Set<string>()

/** A machine's state without what differs between two that ended the same way. */
const likeness = (state: ReadonlyArray<string>): string =>
  state
    .map((one) => numberless(one))
    .toSorted()
    .join("\n")

const numberless = (text: string): string =>
  text
    .replaceAll(/bd-(\d)\b/g, (_, digit) => `bd-${"abcdefghi"[Number(digit) - 1]}`)
    .replaceAll(/(nightly-dispatch-)\w{6}/g, "$1")
    .replaceAll(/[0-9a-f]*\d[0-9a-f]*/g, "#")

/**
 * The fault, then a clean run, then a clean one on a later clock where time has to heal something, then one that must find
 * nothing to do, once for every end (`again`). What nothing heals may be so at none of these points, and at the end nothing may.
 */
export const play = async (scenario: Scenario, again = true): Promise<Cell> => {
  const world = new FaultWorld(scenario.env)
  const problems: Array<string> = []
  const log: Array<string> = []
  const judge = (name: string, ran: Ran, expected: boolean) => {
    log.push(`--- ${name}: ${told(ran)}`)
    if (!expected) problems.push(`${name} ended with ${ran.code} ${ran.signal ?? ""} (${ran.leftIn} ms after a signal)`)
  }
  const clean = async (name: string, later = 0, args: ReadonlyArray<string> = ["run"]) => {
    const ran = await world.run({ later, args })
    judge(name, ran, ran.code === 0)
  }
  const never = async (name: string) => {
    for (const problem of await world.violations(scenario.kept))
      if (problem.startsWith("never: ")) problems.push(`${name}: ${problem}`)
  }
  const act = scenario.run.sabotage?.act ?? ""
  // One that is told to leave ends the runner that it has called, at a moment that nobody chooses.
  const mayCutStart = scenario.cutsStart ?? act in SIGNALLED
  const wrong = async () => {
    const running = world.running().toSorted()
    const untold = mayCutStart ? await cutInTwo(world.root) : []
    const jobs = (scenario.jobs ?? BUGS).filter((id) => running.includes(id) || !untold.includes(id))
    return [
      ...(await world.violations(scenario.kept, untold)),
      ...(running.join() === jobs.join() ? [] : [`jobs of [${running.join()}], expected [${jobs.join()}]`])
    ]
  }
  try {
    await scenario.before?.(world)
    const { run, second } = scenario
    const [ran, other] = second === undefined ? [await world.run(run)] : await world.runBoth(run, second)
    judge("faulty run", ran, isExpected(scenario, ran, act))
    if (other !== undefined) {
      judge("second dispatcher", other, isExpected(scenario, other, ""))
      if (second?.env?.["NIGHTLY_DISPATCH_STATE_DIR"] === undefined && !isLeftOut(ran, other))
        problems.push("the second dispatcher was not left out")
    }
    await never("after the fault")
    await clean("clean run")
    await never("after the clean run")
    if ((await wrong()).length > 0) await clean("later run", 5 * 60_000)
    problems.push(...(await wrong()))
    const before = await world.state()
    const end = likeness(before)
    if (again && !settledEnds.has(end)) {
      await clean("settling again", 6 * 60_000, ["settle"])
      const after = await world.state()
      const changed = [...after.filter((one) => !before.includes(one)), ...before.filter((one) => !after.includes(one))]
      if (after.join() === before.join()) settledEnds.add(end)
      else problems.push(`settling again changes something:\n${changed.join("\n")}`)
    }
  } catch (error) {
    problems.push(String(error))
  }
  problems.push(...(await world.end()))
  return { scenario, problems, log: log.join("\n") }
}

/** The names of columns: a letter each, then two. */
const column = (at: number): string =>
  (at < 26 ? " " : String.fromCharCode(64 + Math.floor(at / 26))) + String.fromCharCode(65 + (at % 26))

/** The matrix as a table: a row for each step, a column for each fault. */
export const table = (played: ReadonlyArray<Cell>): string => {
  const cells = played.toSorted((a, b) => scenarios.indexOf(a.scenario) - scenarios.indexOf(b.scenario))
  const steps = [...new Set(cells.map(({ scenario }) => scenario.step))]
  const faults = [...new Set(cells.map(({ scenario }) => scenario.fault))]
  const width = Math.max(...steps.map((step) => step.length)) + 1
  const mark = (step: string, fault: string) => {
    const there = cells.filter(({ scenario }) => scenario.step === step && scenario.fault === fault)
    return there.length === 0 ? "·" : there.every(({ problems }) => problems.length === 0) ? "✓" : "✗"
  }
  const legend = faults.map((fault, at) => `${column(at)} ${fault}`)
  const head = `${"".padEnd(width)}${faults.map((_, at) => column(at)).join(" ")}`
  const rows = steps.map((step) => `${step.padEnd(width)}${faults.map((fault) => ` ${mark(step, fault)}`).join(" ")}`)
  const good = cells.filter(({ problems }) => problems.length === 0).length
  const invariants = INVARIANTS.length + RULES.length
  const last = `${good} of ${cells.length} scenarios hold; ${invariants} invariants checked in each, settling again in ${settledEnds.size} different ends`
  return [head, ...rows, "", ...legend, "", last].join("\n")
}
