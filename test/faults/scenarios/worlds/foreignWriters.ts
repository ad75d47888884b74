import { spawn } from "node:child_process"
import { once } from "node:events"
import * as fs from "node:fs"
import { fileURLToPath } from "node:url"
import type { Stage, World } from "../../judge/stage.ts"
import { textOf, type WorldMachine } from "../../machine/WorldMachine.ts"

const FOREIGN = "foreign writers of the tracker file"

const WRITER = fileURLToPath(new URL("../../machine/trackerWriter.sh", import.meta.url))

/**
 * How many lines a writer writes, and its pause between them in seconds. No program can see a rename that falls between its
 * last look at the file and its own rename, so a writer that renames is the slower one.
 */
const PACE = { append: { lines: 400, pause: 0.01 }, rename: { lines: 80, pause: 0.05 } }
type Writer = keyof typeof PACE

interface Line {
  readonly id: string
  readonly status: string
  readonly assignee?: string
}

const fileOf = (machine: WorldMachine): string => machine.at("jsonl/issues.jsonl")

/** The issues of the file; `undefined` for a line that is no issue. */
const linesOf = (machine: WorldMachine): ReadonlyArray<Line | undefined> =>
  textOf(fileOf(machine))
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      try {
        return JSON.parse(line)
      } catch {
        return undefined
      }
    })

const holderIn = (machine: WorldMachine, id: string): string =>
  linesOf(machine).find((line) => line?.id === id)?.assignee ?? ""

const makeTracker = (machine: WorldMachine): void => {
  const { issues } = JSON.parse(fs.readFileSync(machine.at("beads/fake-bd.json"), "utf8"))
  const lines = Object.values(issues).map((issue) => `${JSON.stringify(issue)}\n`)
  fs.mkdirSync(machine.at("jsonl"))
  fs.writeFileSync(fileOf(machine), lines.join(""))
  const env = { NIGHTLY_DISPATCH_BEADS_BACKEND: "jsonl", BEADS_DIR: machine.at("jsonl") }
  Object.assign(machine.env, env)
}

/** Every line that the writer wrote is there once and whole. */
const isWhole = (stage: Stage, machine: WorldMachine, written: number): void => {
  const lines = linesOf(machine)
  const foreign = lines.filter((line) => line?.id.startsWith("fw-"))
  const ids = new Set(foreign.map((line) => line?.id))
  stage.expect(`${written - ids.size} of ${written} foreign lines were lost`, ids.size === written)
  stage.expect("a foreign line is there twice", foreign.length === ids.size)
  stage.expect("a line was cut", !lines.includes(undefined))
  stage.expect("an issue was lost", lines.length - foreign.length === machine.bugs.length)
}

/** `act` happens while the writer writes. */
const beside = (
  how: Writer,
  rule: string,
  act: (stage: Stage, machine: WorldMachine, isWriting: () => boolean) => Promise<void>,
  options: { readonly namespaces?: true } = {}
): World => ({
  world: FOREIGN,
  rule: `${how}: ${rule}`,
  ...options,
  play: async (stage) => {
    const machine = stage.machine({ runner: "local", bugs: ["bd-1", "bd-2"] })
    makeTracker(machine)
    const writer = spawn(WRITER, [how, fileOf(machine), String(PACE[how].lines), String(PACE[how].pause)], {
      stdio: "ignore",
      env: machine.env
    })
    const ended = once(writer, "exit")
    await act(stage, machine, () => writer.exitCode === null)
    await ended
    isWhole(stage, machine, PACE[how].lines)
  }
})

/** Runs, lets the jobs end, and settles. */
const runs = async (stage: Stage, machine: WorldMachine): Promise<void> => {
  await stage.run(machine, {}, [0, 3, 4])
  stage.expect("a bug has two agents", machine.begun().length === new Set(machine.begun()).size)
  for (const id of machine.bugs) await machine.endAgents(id)
  await stage.run(machine, { args: ["settle"] }, [0, 3])
}

/** Claims and releases by hand. Each call that says that it worked has worked. */
const claims = async (stage: Stage, machine: WorldMachine, isWriting: () => boolean): Promise<void> => {
  for (let round = 0; round < 10 && isWriting(); round++) {
    const claim = await stage.run(machine, { args: ["claim", "bd-1", "--actor", "me"], plain: true }, [0, 1])
    if (claim.code === 0) stage.expect("a claim that succeeded is not in the file", holderIn(machine, "bd-1") === "me")
    const release = await stage.run(machine, { args: ["release", "bd-1", "--actor", "me"], plain: true }, [0, 1])
    if (release.code === 0)
      stage.expect("a release that succeeded is not in the file", holderIn(machine, "bd-1") === "")
  }
}

export const foreignWriterWorlds: ReadonlyArray<World> = [
  beside("append", "runs lose no line and leave no claim", async (stage, machine) => {
    await runs(stage, machine)
    stage.expect(
      "a claim was left",
      machine.bugs.every((id) => holderIn(machine, id) === "")
    )
  }),
  // A program that renames a copy may overwrite our claim. What it wrote itself must stay.
  beside("rename", "runs lose no line and start no second agent", runs),
  beside("append", "claim and release tell the truth", claims),
  beside(
    "append",
    "two pid namespaces claim one bug once",
    async (stage, machine) => {
      const other = { NIGHTLY_DISPATCH_STATE_DIR: machine.at("state-2") }
      await Promise.all([stage.run(machine, {}, [0, 3]), stage.inNamespace(machine, { env: other }, [0, 3])])
      stage.expect("a bug has two agents", machine.begun().length === new Set(machine.begun()).size)
    },
    { namespaces: true }
  )
]
