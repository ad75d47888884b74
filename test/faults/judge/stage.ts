import * as fs from "node:fs"
import * as path from "node:path"
import { runDispatcher, type Ended, type RunOptions, type Watching } from "../machine/dispatcher.ts"
import { trackerFile, trackerIssues, type TrackerIssue } from "../machine/toolLogs.ts"
import { WorldMachine, until, type WorldOptions } from "../machine/WorldMachine.ts"
import { gather, type Evidence } from "./evidence.ts"
import { violations, violationsAlways } from "./invariants.ts"

/** One world of the fault matrix: something around a run that a single machine with one state directory does not have. */
export interface World {
  /** What is unusual. */
  readonly world: string
  /** What must hold in it. */
  readonly rule: string
  /** It needs `unshare`. */
  readonly namespaces?: true
  readonly play: (stage: Stage) => Promise<void>
}

export const nameOf = ({ rule, world }: World): string => `${world}: ${rule}`

/** Without prompts and temporary files of another machine with the same TMPDIR. */
const evidenceOf = async (machine: WorldMachine): Promise<Evidence> => {
  const evidence = await gather(machine, [])
  const isOwn = ({ file }: { readonly file: string }) => machine.bugs.includes(path.basename(file, ".prompt"))
  return { ...evidence, prompts: evidence.prompts.filter(isOwn), temporary: [] }
}

/** The runs of a world, and what was wrong in it. */
export class Stage {
  readonly problems: Array<string> = []
  readonly log: Array<string> = []
  readonly #machines: Array<WorldMachine> = []

  machine(options: WorldOptions): WorldMachine {
    const machine = new WorldMachine(options)
    this.#machines.push(machine)
    return machine
  }

  /** Notes a problem if something does not hold. */
  expect(what: string, holds: boolean): void {
    if (!holds) this.problems.push(what)
  }

  /** Notes a problem if something does not come to hold. */
  async expectSoon(what: string, condition: () => boolean): Promise<void> {
    this.expect(what, await until(condition))
  }

  /** One dispatcher, to its end. Its exit code must be one of `codes`. */
  async run(
    machine: WorldMachine,
    options: RunOptions = {},
    codes: ReadonlyArray<number | null> = [0],
    watching: Watching = {}
  ): Promise<Ended> {
    const ended = await runDispatcher(machine, options, watching)
    const name = `run ${this.log.length + 1} (${(options.args ?? ["run"]).join(" ")})`
    this.log.push(`--- ${name}: exit ${ended.code} ${ended.signal ?? ""}\n${ended.stderr}`)
    this.expect(`${name} ended with ${ended.code}, expected ${codes.join(" or ")}`, codes.includes(ended.code))
    await this.always(machine, name)
    return ended
  }

  /** A dispatcher in a pid namespace of its own; all of the namespace ends with it. */
  inNamespace(machine: WorldMachine, options: RunOptions = {}, codes?: ReadonlyArray<number>): Promise<Ended> {
    return this.run(machine, { ...options, namespace: { until: "/" } }, codes)
  }

  /** What holds at every moment. */
  async always(machine: WorldMachine, when: string): Promise<void> {
    const found = violationsAlways(await evidenceOf(machine))
    this.problems.push(...found.map((problem) => `after ${when}: ${problem}`))
    const overlaps = machine.overlaps()
    this.expect(`after ${when}: an agent began while an earlier one of ${overlaps} was at work`, overlaps.length === 0)
  }

  /**
   * What holds once everything should be settled. These bugs have a job, each one; the others are free. `worktrees`,
   * `prompts`: whether they must be gone with their job.
   */
  async settled(
    machine: WorldMachine,
    jobs: ReadonlyArray<string>,
    { prompts = true, worktrees = true } = {}
  ): Promise<void> {
    await until(() => machine.running().toSorted().join() === jobs.join(), 2_000)
    const running = machine.running().toSorted()
    this.expect(`jobs of [${running}], expected [${jobs}]`, running.join() === jobs.join())
    const evidence = await evidenceOf(machine)
    const judged = { ...evidence, ...(worktrees ? {} : { worktrees: [] }), ...(prompts ? {} : { prompts: [] }) }
    this.problems.push(...violations(judged))
  }

  async remove(): Promise<void> {
    for (const machine of this.#machines) machine.endAllAgents()
    // The first machine's temporary directory may be shared by the others.
    for (const machine of this.#machines.toReversed()) this.problems.push(...(await machine.remove()))
  }
}

export const issueOf = (machine: WorldMachine, id: string): TrackerIssue | undefined =>
  trackerIssues(machine.root).find((issue) => issue.id === id)

/** Who holds a bug; empty if nobody does. */
export const holderOf = (machine: WorldMachine, id: string): string => issueOf(machine, id)?.assignee ?? ""

/** Gives a bug another holder in the tracker, without a call of bd. */
export const changeHolder = (machine: WorldMachine, id: string, change: (holder: string) => string): void => {
  const state = JSON.parse(fs.readFileSync(trackerFile(machine.root), "utf8"))
  state.issues[id].assignee = change(state.issues[id].assignee)
  fs.writeFileSync(trackerFile(machine.root), JSON.stringify(state))
}

/** The prompt files of a bug. */
export const promptsOf = (machine: WorldMachine, id: string): ReadonlyArray<string> =>
  fs
    .readdirSync(machine.at("tmp"), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(`/${id}.prompt`))

/** The lines of a run's log that hold all of these texts. */
export const linesWith = ({ stderr }: Ended, ...texts: ReadonlyArray<string>): ReadonlyArray<string> =>
  stderr.split("\n").filter((line) => texts.every((text) => line.toLowerCase().includes(text.toLowerCase())))
