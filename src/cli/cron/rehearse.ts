import * as FileSystem from "@effect/platform/FileSystem"
import { Array as Arr, Effect, Either, Option, Schema } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import { ErrorDocument, explained } from "../../domain/Explanation.ts"
import { RunReport } from "../../domain/RunReport.ts"
import { counted, oneLine } from "../../domain/Text.ts"
import { Exec, type ExecResult } from "../../exec/Exec.ts"
import { ThisProcess, variable } from "../../surroundings.ts"

/** The result of a dry run that was started as cron starts runs. */
export interface Rehearsal {
  readonly passed: boolean
  /** One line for a person. */
  readonly text: string
}

const decodeReport = Schema.decodeOption(Schema.parseJson(RunReport))
const decodeError = Schema.decodeOption(Schema.parseJson(ErrorDocument))

const found = ({ error, fetched, noneTaken, outcomes, providers }: RunReport): string => {
  if (error !== undefined) return oneLine(error)
  const working = providers.filter(({ available }) => available).length
  const planned = outcomes.filter(({ _tag }) => _tag === "Planned").length
  return [
    counted(fetched, "bug"),
    providers.length === 0 ? "no provider was asked" : `${working} of ${counted(providers.length, "provider")} ready`,
    `would dispatch ${planned}${planned === 0 && noneTaken !== undefined ? ` (${oneLine(noneTaken)})` : ""}`
  ].join(", ")
}

/** What a dry run printed, in words. */
const inWords = ({ stderr, stdout }: ExecResult): string =>
  Option.getOrElse(
    Option.orElse(Option.map(decodeReport(stdout), found), () =>
      Option.map(decodeError(stdout), ({ error: { what, where } }) =>
        oneLine(explained({ what, where: where ?? undefined }))
      )
    ),
    () => oneLine(Option.getOrElse(Arr.last(stderr.trim().split("\n")), () => "")) || "it printed no report"
  )

const IN = "rehearsed in cron's environment"

/** Long enough for a provider that answers slowly. */
const LIMIT = "3 minutes"

/** The only variables that cron gives a job. */
const cronEnvironment = Effect.map(ThisProcess, ({ cwd, environment, home = cwd }) => {
  const user = variable(environment, "LOGNAME") ?? variable(environment, "USER")
  return [`HOME=${home}`, ...(user === undefined ? [] : [`LOGNAME=${user}`]), "SHELL=/bin/sh", "PATH=/usr/bin:/bin"]
})

/**
 * Runs a wrapper script as cron would, but with `run --dry-run`: it claims, writes and starts nothing. The script need not be in
 * its place yet.
 *
 * @example
 * const { passed, text } = yield* rehearse({ script, bash: "/bin/bash" })
 */
export const rehearse = Effect.fn("cron.rehearse")(function* (wrapper: {
  readonly script: string
  readonly bash: string
}) {
  const [exec, fs, { cwd, home = cwd }] = yield* Effect.all([Exec, FileSystem.FileSystem, ThisProcess])
  const file = yield* fs.makeTempFileScoped({ prefix: "nightly-dispatch-cron-" })
  yield* fs.writeFileString(file, wrapper.script)
  const ended = yield* Effect.either(
    exec.run({
      tool: "system",
      command: "env",
      args: ["-i", ...(yield* cronEnvironment), wrapper.bash, file, "run", "--dry-run", "--json"],
      cwd: home,
      timeout: LIMIT
    })
  )
  if (Either.isLeft(ended)) return { passed: false, text: `${IN}: ${ended.left.message}` } satisfies Rehearsal
  const { exitCode } = ended.right
  return {
    passed: exitCode === EXIT.ok,
    text: `${IN}: ${inWords(ended.right)}${exitCode === EXIT.ok ? "" : ` (exit ${exitCode})`}`
  } satisfies Rehearsal
}, Effect.scoped)
