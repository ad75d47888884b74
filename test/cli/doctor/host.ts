import { assert } from "@effect/vitest"
import { Effect, Schema, type Scope } from "effect"
import { execFileSync, spawn } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { Diagnosis, type Finding } from "../../../src/index.ts"
import { commandLine, type Finished } from "../commandLine.ts"
import { FIXTURES, machine, PROGRAM, type Machine } from "../world.ts"

const decode = Schema.decodeUnknownSync(Schema.parseJson(Diagnosis))

/** A host on which tonight would work. Break it, then call `doctor`. */
export interface Host {
  readonly root: string
  readonly at: (name: string) => string
  /** The environment of the operator's shell. */
  readonly env: Record<string, string>
  /** Variables that the crontab sets. */
  readonly crontab: Record<string, string>
  /** The lines of the crontab. */
  readonly lines: Array<string>
  /** Where the script of `cron wrapper` is. */
  readonly script: string
  /** Leaves these commands on cron's PATH, and no other. */
  readonly leave: (...commands: ReadonlyArray<string>) => void
  /** Changes the script after it was printed. */
  readonly edit: (change: (script: string) => string) => void
  readonly write: (name: string, text: string, mode?: number) => string
  readonly nd: Machine["nd"]
  /** A command line of the operator's, in the repository. */
  readonly own: (...args: ReadonlyArray<string>) => Effect.Effect<Finished>
  /** Asks again, with these arguments. */
  readonly doctor: (...args: ReadonlyArray<string>) => Effect.Effect<Diagnosis>
}

export interface Answer extends Finished {
  readonly found: Diagnosis
}

/** What the tests' stand-ins of tools need, and cron would not give them. */
const STAND_INS = [
  "FAKE_BD_PORT",
  "FAKE_DX_DIR",
  "FAKE_BD_VERSION",
  "FAKE_DX_FAULT",
  "TMPDIR",
  "DX_RUNNER_EXTRA_ALLOWED_PREFIXES"
]

/** A process whose name is that of a cron daemon. */
const cronDaemon = (directory: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const daemon = path.join(directory, "cron")
      fs.symlinkSync("/bin/sleep", daemon)
      return spawn(daemon, ["120"], { stdio: "ignore" })
    }),
    (child) => Effect.sync(() => void child.kill("SIGKILL"))
  )

const locate = (command: string): string =>
  execFileSync("bash", ["-c", `type -P ${command}`], { encoding: "utf8" }).trim()

/** Changes that a test makes to a host, before the script and the crontab are written. */
export type Breaking = (host: Host) => Effect.Effect<void> | void

const around = { node: process.execPath, program: PROGRAM }

/**
 * Sets a host up, breaks it by `before`, writes script and crontab as `cron wrapper` and a person would, breaks it by `after`, and
 * asks doctor with these arguments.
 */
export const examine = (
  { after, before }: { readonly before?: Breaking; readonly after?: Breaking },
  ...args: ReadonlyArray<string>
): Effect.Effect<Answer & { readonly host: Host; readonly text: Effect.Effect<Finished> }, never, Scope.Scope> =>
  Effect.gen(function* () {
    const world = yield* machine([{ id: "bd-1", title: "the parser loses a row" }])
    const at = (name: string) => path.join(world.root, name)
    const write = (name: string, text: string, mode = 0o600): string => {
      fs.mkdirSync(path.dirname(at(name)), { recursive: true })
      fs.writeFileSync(at(name), text, { mode })
      return at(name)
    }
    yield* cronDaemon(world.root)
    write("bin/timedatectl", "#!/bin/sh\necho yes\n", 0o755)
    write("bin/opencode", "#!/bin/sh\necho 1.0.0\n", 0o755)
    const script = at("home/.local/bin/dx-nightly-dispatcher.sh")
    let change = (text: string) => text
    const here = (words: ReadonlyArray<string>) => commandLine(words, host.env, at("repo"), around)
    const host: Host = {
      root: world.root,
      at,
      env: {
        ...(world.env as Record<string, string>),
        NIGHTLY_DISPATCH_PROVIDERS: "opencode",
        NIGHTLY_DISPATCH_ALERTS_COMMAND: "true"
      },
      crontab: {},
      lines: [`0 6-13 * * * '${script}' >> '${at("home/log")}' 2>&1`],
      script,
      edit: (next) => {
        const earlier = change
        change = (text) => next(earlier(text))
      },
      leave: (...commands) => {
        fs.mkdirSync(at("few"))
        for (const command of [...commands, "find"]) fs.symlinkSync(locate(command), at(`few/${command}`))
        for (const command of ["bd", "dx-runner", "opencode"]) {
          const found = [at("bin"), ...(world.env["PATH"] ?? "").split(":")].find((each) =>
            fs.existsSync(path.join(each, command))
          )
          if (found !== undefined) fs.symlinkSync(path.join(found, command), at(`few/${command}`))
        }
        host.edit((text) => text.replace(/^export PATH=.*$/m, () => `export PATH='${at("few")}'`))
      },
      write,
      nd: world.nd,
      own: (...words) => here(words),
      doctor: (...words) => Effect.map(here(["doctor", "--json", ...words]), ({ stdout }) => decode(stdout))
    }
    const breaking = (by: Breaking | undefined) => Effect.suspend(() => by?.(host) ?? Effect.void)
    yield* breaking(before)
    const printed = yield* here(["cron", "wrapper"])
    assert.strictEqual(printed.code, 0, printed.stderr)
    // The stand-ins, which this test's own PATH lacks.
    const withStandIns = printed.stdout.replace("export PATH=", () => `export PATH='${at("bin")}':'${FIXTURES}':`)
    write("home/.local/bin/dx-nightly-dispatcher.sh", change(withStandIns), 0o700)
    const given = STAND_INS.flatMap((name) => (host.env[name] === undefined ? [] : [`${name}='${host.env[name]}'\n`]))
    write("home/.config/nightly-dispatch/env", given.join(""))
    yield* breaking(after)
    const variables = Object.entries(host.crontab)
    const text = [...variables.map(([name, value]) => `${name}=${value}`), ...host.lines].join("\n")
    if (host.lines.length > 0) write("home/crontab", `${text}\n`)
    const asked = yield* here(["doctor", "--json", ...args])
    return { ...asked, found: decode(asked.stdout), host, text: here(["doctor", ...args]) }
  })

/** The findings that are not fine. */
export const notOk = ({ findings }: Diagnosis): ReadonlyArray<Finding> =>
  // A test cannot give the host more memory.
  findings.filter(({ area, level }) => level !== "ok" && area !== "memory")
