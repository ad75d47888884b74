import * as NodeContext from "@effect/platform-node/NodeContext"
import { Duration, Effect, Layer, type Scope } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import * as BdBeads from "../../../src/beads/bd/BdBeads.ts"
import type { BeadsCli } from "../../../src/beads/BeadsCli.ts"
import { Exec, ExecOutputTooLarge, ProcessIdentity, type ExecSpec } from "../../../src/exec/Exec.ts"
import * as NodeExec from "../../../src/exec/NodeExec.ts"
import { bdServer } from "../../faults/bdServer.ts"
import type { BeadsWorld, SeedIssue } from "../../contract/beadsContract.ts"
import { call } from "../../fixtures/bd/main.js"

/** The fake `bd`. The head of this file lists its versions and faults. */
export const FAKE_BD = fileURLToPath(new URL("../../fixtures/bin/bd", import.meta.url))

/** The same fake, answered by `bdServer` in the test process: no Node has to start. */
const ANSWERED_BD = fileURLToPath(new URL("../../faults/bin/bd", import.meta.url))

export const VERSIONS = ["0.46.0", "0.49.6", "0.62.0", "1.0.3", "1.2.1"] as const
export type Version = (typeof VERSIONS)[number]

type Row = Record<string, unknown> & { status: string; assignee?: string | undefined }

/** One line of the fake's log: a change that was tried. */
export interface Change {
  readonly action: "claim" | "release" | "update" | "comment" | "close" | "heartbeat" | "reclaim"
  readonly id: string
  readonly actor: string
  readonly done: boolean
  readonly pid: number
}

/** Answers a call of bd without a process of its own. */
export type Answer = (...request: Parameters<typeof call>) => Effect.Effect<ReturnType<typeof call>>

export interface BdWorld extends BeadsWorld {
  /** The layer, with each call of bd answered by this function. */
  readonly layerOn: (answer: Answer) => Layer.Layer<BeadsCli>
  /** The `.beads` directory. */
  readonly dir: string
  readonly row: (id: string) => Row | undefined
  /** The version of the store's schema; `undefined` if it is as new as bd. */
  readonly schema: () => number | undefined
  readonly setRow: (id: string, row: Record<string, unknown>) => void
  /** Calls the fake as another user. */
  readonly bd: (...args: ReadonlyArray<string>) => void
  /** Every change that was tried, in order. */
  readonly changes: () => ReadonlyArray<Change>
  /** The arguments of every call of bd, in order. */
  readonly calls: () => ReadonlyArray<string>
}

export interface BdWorldOptions {
  /**
   * Whether each call is a process. Default: the fake is called as a function, a hundred times faster. `answered`: a shell
   * process that `bdServer` answers, so calls run one after another.
   */
  readonly processes?: boolean | "answered"
  readonly fault?: string
  readonly timeout?: number
  readonly settleDelay?: number
  readonly environment?: Readonly<Record<string, string>>
  /** The file that stands for bd's executable. Only without `processes`. */
  readonly executable?: string
  readonly capabilityFile?: string
  /** In MiB. */
  readonly maxOutput?: number
  /** The version of the store's schema; as new as bd if missing. */
  readonly schema?: number
  /** The consent to migrate. A migration ends at once; with `"never"` it does not end. */
  readonly migrationLog?: string
  readonly migrationEnds?: "never"
}

export const rowOf = (seed: SeedIssue): Row => ({
  id: seed.id,
  title: seed.title,
  ...(seed.description === undefined ? {} : { description: seed.description }),
  ...(seed.acceptanceCriteria === undefined ? {} : { acceptance_criteria: seed.acceptanceCriteria }),
  ...(seed.design === undefined ? {} : { design: seed.design }),
  ...(seed.notes === undefined ? {} : { notes: seed.notes }),
  status: seed.status ?? "open",
  priority: seed.priority,
  issue_type: seed.type ?? "bug",
  ...(seed.assignee === undefined ? {} : { assignee: seed.assignee }),
  ...(seed.labels === undefined ? {} : { labels: seed.labels }),
  created_at: seed.createdAt ?? "2026-01-01T00:00:00Z",
  updated_at: seed.createdAt ?? "2026-01-01T00:00:00Z",
  ...(seed.closedAt === undefined ? {} : { closed_at: seed.closedAt }),
  ...(seed.blockedBy === undefined
    ? {}
    : {
        dependencies: seed.blockedBy.map((other) => ({
          issue_id: seed.id,
          depends_on_id: other,
          type: "blocks",
          created_at: "2026-01-01T00:00:00Z"
        }))
      })
})

/** A temporary directory. The scope deletes it. */
export const scratch: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "nightly-dispatch-test-"))),
  (dir) => Effect.sync(() => fs.rmSync(dir, { recursive: true, force: true }))
)

const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`

/** Writes a script that runs the fake with these variables and appends its arguments to `calls`. */
const writeScript = (root: string, environment: Readonly<Record<string, string>>, port: number | undefined) => {
  const settings = Object.entries(environment).map(([name, value]) => `export ${name}=${quote(value)}`)
  const log = `echo "$@" >> ${quote(path.join(root, "calls"))}`
  const run =
    port === undefined
      ? `exec ${quote(process.execPath)} ${quote(FAKE_BD)} "$@"`
      : `FAKE_BD_PORT=${port} exec ${quote(ANSWERED_BD)} "$@"`
  const file = path.join(root, "bd")
  fs.writeFileSync(file, ["#!/bin/sh", ...settings, log, run, ""].join("\n"), { mode: 0o755 })
  return file
}

/** An `Exec` that answers each call of bd with this function. Dies if the fake would hang. */
const execOf = (
  root: string,
  environment: Readonly<Record<string, string>>,
  answer: Answer,
  { executable, migrationEnds }: BdWorldOptions
) => {
  const unused = () => Effect.dieMessage("not a part of this test")
  const run = Effect.fnUntraced(function* (spec: Pick<ExecSpec, "args" | "command" | "env" | "maxOutput">) {
    fs.appendFileSync(path.join(root, "calls"), `${spec.args.join(" ")}\n`)
    const env = { ...process.env, ...spec.env, ...environment }
    const { stdout, stderr, exit, after } = yield* answer(spec.args, env)
    if (after !== undefined) return yield* Effect.dieMessage(`${after} needs a process`)
    const limit = spec.maxOutput ?? Number.POSITIVE_INFINITY
    if (Buffer.byteLength(stdout) > limit) return yield* new ExecOutputTooLarge({ command: spec.command, limit })
    return { exitCode: exit, signal: undefined, stdout, stderr, duration: Duration.zero }
  })
  return Layer.succeed(Exec, {
    run,
    launch: (spec) =>
      Effect.map(migrationEnds === "never" ? Effect.succeed({ stdout: "" }) : Effect.orDie(run(spec)), ({ stdout }) => {
        fs.appendFileSync(spec.logFile, stdout)
        return ProcessIdentity.make({ pid: 4711, startedAt: "1", boot: "b" })
      }),
    runGated: unused,
    launchGated: unused,
    foreground: unused,
    identify: unused,
    liveness: () => Effect.succeed(migrationEnds === "never" ? "alive" : "dead"),
    jobProcesses: unused,
    endJob: unused,
    endGroup: unused,
    which: (command) => Effect.succeed(executable ?? command)
  })
}

/** Calls the fake as a function. */
const inProcess: Answer = (args, env) =>
  Effect.zipLeft(
    Effect.sync(() => call(args, env)),
    Effect.yieldNow()
  )

const lines = (file: string): ReadonlyArray<string> =>
  fs.existsSync(file)
    ? fs
        .readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== "")
    : []

/** The layer on the fake `bd` of a version, whose tracker has the seed. */
export const bdWorld = (
  version: Version,
  seed: ReadonlyArray<SeedIssue>,
  options: BdWorldOptions = {}
): Effect.Effect<BdWorld, never, Scope.Scope> =>
  Effect.gen(function* () {
    const root = yield* scratch
    const port = options.processes === "answered" ? yield* Effect.promise(bdServer) : undefined
    const dir = path.join(root, ".beads")
    const state = path.join(dir, "fake-bd.json")
    fs.mkdirSync(dir)
    fs.writeFileSync(path.join(dir, "metadata.json"), '{"database":"fake-bd.json"}\n')
    const issues = Object.fromEntries(seed.map((issue) => [issue.id, rowOf(issue)]))
    fs.writeFileSync(state, JSON.stringify({ issues, calls: {}, schema: options.schema }))

    const read = (): { issues: Record<string, Row>; schema?: number } => JSON.parse(fs.readFileSync(state, "utf8"))
    const setRow = (id: string, row: Record<string, unknown>) => {
      const now = read()
      now.issues[id] = { ...now.issues[id], ...row } as Row
      fs.writeFileSync(state, JSON.stringify(now))
    }
    const row = (id: string) => read().issues[id]
    const environment = { FAKE_BD_VERSION: version, FAKE_BD_FAULT: options.fault ?? "", ...options.environment }
    const processes = options.processes !== undefined && options.processes !== false

    const beadsOn = (command: string, exec: Layer.Layer<Exec>) =>
      BdBeads.layer({
        command,
        dir,
        cwd: root,
        timeout: options.timeout ?? 15_000,
        settleDelay: options.settleDelay ?? (processes ? 300 : 2),
        ...(options.capabilityFile === undefined ? {} : { capabilityFile: options.capabilityFile }),
        ...(options.maxOutput === undefined ? {} : { maxOutput: options.maxOutput }),
        ...(options.migrationLog === undefined ? {} : { migrationLog: options.migrationLog })
      }).pipe(Layer.provide(exec), Layer.provide(NodeContext.layer))
    const layerOn = (answer: Answer) => beadsOn("bd", execOf(root, environment, answer, options))

    return {
      layer: processes ? beadsOn(writeScript(root, environment, port), NodeExec.layer) : layerOn(inProcess),
      layerOn,
      dir,
      row,
      schema: () => read().schema,
      setRow,
      bd: (...args) => void call(args, { ...process.env, ...environment, BEADS_DIR: dir }),
      changes: () => lines(path.join(dir, "fake-bd.log")).map((line) => JSON.parse(line)),
      calls: () => lines(path.join(root, "calls")),
      elsewhere: {
        claim: (id, who) => Effect.sync(() => setRow(id, { status: "in_progress", assignee: who })),
        close: (id) => Effect.sync(() => setRow(id, { status: "closed", closed_at: "2026-01-02T00:00:00Z" })),
        read: (id) =>
          Effect.sync(() => {
            const { status, assignee } = row(id) ?? { status: "missing", assignee: undefined }
            return { status, assignee: assignee === "" ? undefined : assignee }
          }),
        comments: (id) =>
          Effect.sync(() => ((row(id)?.["comments"] ?? []) as Array<{ text: string }>).map((comment) => comment.text))
      }
    }
  })
