import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Either, Schema } from "effect"
import { oneLine } from "../../domain/Text.ts"
import { Exec } from "../../exec/Exec.ts"
import * as NodeExec from "../../exec/NodeExec.ts"
import { which } from "../../exec/which.ts"
import { inTime } from "../../report/lookup/inTime.ts"
import type { RunLine } from "../../report/schedule/crontab.ts"
import { startedBy, type Started } from "../../report/schedule/startedBy.ts"
import { variable, type Environment, type Surroundings } from "../../surroundings.ts"

/** Left: why it is not known, in words. */
export type Known<A> = Either.Either<A, string>

/** A line of the crontab or what stands for it, and what is wrong with what it starts. */
export interface LineFacts {
  readonly line: RunLine
  /** The timer or the property list that stands for a line; `undefined` for a line of the crontab. */
  readonly file: string | undefined
  readonly started: Started
  /** The PATH by which cron's shell looks for the program. */
  readonly path: string
  /** Whether PATH has the program; true for a path. */
  readonly isOnPath: boolean
  /** The files that it names and that do not exist. */
  readonly missing: ReadonlyArray<string>
  /** The files that are executed, and cannot be. */
  readonly notExecutable: ReadonlyArray<string>
  /** The directory of the log, if it is missing: the shell starts nothing then. */
  readonly missingDirectory: string | undefined
}

/** How cron would start the next run. */
export interface CronRun extends Surroundings {
  readonly home: string
  /** How this is known, in words. */
  readonly from: string
  readonly isAssumed: boolean
  /** What the script hands over. Left: why it starts no program; `undefined` if the line starts our program itself. */
  readonly probed: Known<Probed> | undefined
  /** The script that the line starts, if `cron wrapper` did not print it: what it sets is not known. */
  readonly foreignScript: string | undefined
}

const Probed = Schema.Struct({
  environment: Schema.Record({ key: Schema.String, value: Schema.String }),
  cwd: Schema.String,
  version: Schema.String,
  node: Schema.String,
  program: Schema.String
})
/** What the script of `cron wrapper` hands to our program. */
export type Probed = typeof Probed.Type

const decode = Schema.decodeUnknownEither(Schema.parseJson(Probed))

/** The lines by which the script of `cron wrapper` becomes our program. */
const RUNS = /^( *)exec .*"\$node" "\$program"(?: run)? "\$@"$/gm
const isOurs = (script: string): boolean => script.search(RUNS) !== -1
const TELL =
  "const { argv, cwd, env, execPath, version } = process; " +
  "process.stdout.write(JSON.stringify({ environment: env, cwd: cwd(), version, node: execPath, program: argv[1] }))"

/** Runs the script of `cron wrapper` up to the line that becomes our program, which here tells what it would get. Starts no run. */
const probe = Effect.fn("doctor.probe")(function* (script: string, environment: Environment, home: string) {
  const exec = yield* Exec
  const text = script.replaceAll(RUNS, (_, indent) => `${indent}exec "$node" -e '${TELL}' "$program"`)
  const result = yield* inTime(
    exec.run({
      tool: "system",
      command: "bash",
      args: ["-c", text, "dx-nightly-dispatcher.sh"],
      cwd: home,
      env: environment,
      timeout: "10 seconds"
    })
  )
  return Either.flatMap(result, ({ exitCode, stderr, stdout }) =>
    exitCode === 0
      ? Either.mapLeft(decode(stdout), () => "the script did not say which program it would start")
      : Either.left(oneLine(stderr, 300) || `the script ended with exit code ${exitCode}`)
  )
})

/** What cron sets before it starts the line. */
const bare = ({ environment, home }: Surroundings, line: RunLine | undefined) => {
  const user = variable(environment, "LOGNAME") ?? variable(environment, "USER")
  return {
    HOME: home ?? "/",
    ...(user === undefined ? {} : { LOGNAME: user, USER: user }),
    SHELL: "/bin/sh",
    PATH: "/usr/bin:/bin",
    ...line?.variables
  }
}

/** Looks at what a line starts. `file`: what stands for a line of the crontab. */
export const lookAtLine = Effect.fn("doctor.line")(function* (line: RunLine, user: Surroundings, file?: string) {
  const fs = yield* FileSystem.FileSystem
  const { HOME: home, PATH: path } = bare(user, line)
  const started = startedBy(line.command, home)
  const isThere = (file: string) => Effect.orElseSucceed(fs.exists(file), () => false)
  const missing = yield* Effect.filter(started.files, (file) => Effect.negate(isThere(file)))
  const { isExecuted, log, program, script } = started
  const executed = new Set([program, ...(script !== undefined && isExecuted ? [script] : [])])
  const there = [...executed].filter((file) => file.startsWith("/") && !missing.includes(file))
  const directory =
    log === undefined || started.makesDirectories ? undefined : log.slice(0, log.lastIndexOf("/")) || "/"
  return {
    line,
    file,
    started,
    path,
    isOnPath: program.includes("/") || (yield* which(program, path)) !== undefined,
    missing,
    notExecutable: yield* Effect.filter(there, (file) => Effect.map(which(file, path), (found) => found === undefined)),
    missingDirectory: directory !== undefined && !(yield* isThere(directory)) ? directory : undefined
  } satisfies LineFacts
})

/**
 * How cron would start a run by this line: the environment of cron, with the line's variables and with what its script sets. If
 * there is no line or no script, or if it is another's, as by `assumed`: the script that `cron wrapper` would print now.
 */
export const cronRun = Effect.fn("doctor.cronRun")(function* (
  user: Surroundings,
  facts: LineFacts | undefined,
  assumed: string
): Effect.fn.Return<CronRun, never, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const base: Environment = bare(user, facts?.line)
  const home = base["HOME"] ?? "/"
  const script = facts?.started.script
  const text = script === undefined ? undefined : yield* Effect.option(fs.readFileString(script))
  const isThere = text?._tag === "Some"
  const isForeign = isThere && !isOurs(text.value)
  const starter = facts?.file ?? "the line of your crontab"
  const isAssumed = facts === undefined || isForeign || text?._tag === "None"
  const found = isAssumed ? assumed : isThere ? text.value : undefined
  const probed =
    found === undefined
      ? undefined
      : yield* Effect.provide(probe(found, base, home), NodeExec.layerWith({ environment: base }))
  const set = probed === undefined || Either.isLeft(probed) ? undefined : probed.right
  const environment: Environment = { ...base, ...set?.environment }
  return {
    environment,
    home: variable(environment, "HOME") ?? home,
    cwd: set?.cwd ?? home,
    tempDir: variable(environment, "TMPDIR") ?? "/tmp",
    from: isAssumed
      ? "assumed: by the script that cron wrapper prints"
      : script === undefined
        ? `by ${starter}`
        : `by ${starter} and ${script}`,
    isAssumed,
    probed,
    foreignScript: isForeign ? script : undefined
  }
})
