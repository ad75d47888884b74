import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Clock, DateTime, Effect, Either, Option } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import { Redact, redactOutput } from "../../domain/Redaction.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { replaceFile } from "../../exec/replaceFile.ts"
import { viewLayer } from "../../layer.ts"
import { repositoryOf } from "../../locate.ts"
import type { Frame } from "../../report/Frame.ts"
import { gatherReport } from "../../report/report/gather.ts"
import { reportMarkdown } from "../../report/report/markdown.ts"
import { ReportView } from "../../report/report/reportSchema.ts"
import { reportView } from "../../report/report/reportView.ts"
import { parseSince } from "../../report/report/since.ts"
import { reportText } from "../../report/report/text.ts"
import { gatherShadow } from "../../report/shadow/gather.ts"
import { ShadowView } from "../../report/shadow/shadowSchema.ts"
import { shadowText } from "../../report/shadow/text.ts"
import { findSchedule } from "../../report/schedule/findSchedule.ts"
import { ThisProcess } from "../../surroundings.ts"
import { configured } from "../Configuration.ts"
import { notDone, WrongUsage } from "../exit.ts"
import { frameHere } from "../frame.ts"
import { htmlRenderer } from "../htmlRenderer.ts"
import { repo, repoSetting } from "../root.ts"
import { printResult } from "../terminal/Streams.ts"
import { parsedBy } from "../usage/parsed.ts"
import { jsonDocument } from "../rendering/jsonDocument.ts"

const encodeView = jsonDocument(ReportView)
const encodeShadow = jsonDocument(ShadowView)

const FORMATS = ["text", "markdown", "json", "html"] as const
type Format = (typeof FORMATS)[number]

const RENDERERS = {
  text: reportText,
  markdown: reportMarkdown,
  json: (view: ReportView) => encodeView(view)
} satisfies Record<Exclude<Format, "html">, (view: ReportView, frame: Frame) => string>

/** What makes the report's text. That of a page is loaded first, so that a broken one fails before anything is read. */
const rendererOf = (format: Format) =>
  format === "html"
    ? htmlRenderer
    : Effect.succeed((view: ReportView, frame: Frame) => Effect.succeed(RENDERERS[format](view, frame)))

const flags = {
  repo,
  since: Options.text("since").pipe(
    Options.withDefault("30d"),
    parsedBy((text) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Either.mapLeft(parseSince(text, { now, zone: DateTime.zoneMakeLocal() }), (why) => `--since ${why}`)
      )
    ),
    Options.withDescription("Since when: 30d and 2w are nights, 48h hours; or a date such as 2026-11-01. Default: 30d")
  ),
  format: Options.choice("format", FORMATS).pipe(
    Options.withDefault("text"),
    Options.withDescription("What is printed; html: one page that needs no network. Default: text")
  ),
  shadow: Options.boolean("shadow").pipe(
    Options.withDescription("Compare what the shadow runs (run --shadow) would have done with what the tracker shows")
  ),
  out: Options.text("out").pipe(
    Options.withPseudoName("file"),
    Options.optional,
    Options.withDescription("Write it to this file, which only you can read, instead of stdout")
  )
}

/** Replaces the file in one step, and says where it is. */
const write = Effect.fn("report.write")(function* (named: string, text: string) {
  const [fs, path, { cwd }, redact] = yield* Effect.all([FileSystem.FileSystem, Path.Path, ThisProcess, Redact])
  const file = path.resolve(cwd, named)
  const found = yield* Effect.option(fs.stat(file))
  if (Option.isSome(found) && found.value.type !== "File") {
    return yield* new WrongUsage({
      where: `--out ${file}`,
      what: `it is no file but a ${found.value.type.toLowerCase()}`,
      next: "Name a file, e.g. report.txt"
    })
  }
  yield* Effect.mapError(
    replaceFile(file, `${redactOutput(redact)(text)}\n`),
    notDone("the report cannot be written", file)
  )
  return yield* printResult(EXIT.ok, `wrote ${file}`)
})

interface Flags {
  readonly repo: Option.Option<string>
  readonly since: number
  readonly format: Format
  readonly shadow: boolean
  readonly out: Option.Option<string>
}

/** The report of the runs. */
const ofRuns = Effect.fnUntraced(function* ({ format, since }: Flags, repository: string | undefined) {
  const [{ host }, render] = yield* Effect.all([ThisProcess, rendererOf(format)])
  const schedule = yield* findSchedule
  const zone = DateTime.zoneMakeLocal()
  const view = reportView(yield* gatherReport({ since, zone, host, repository, schedule }))
  return (frame: Frame) => render(view, frame)
})

/** The comparison of the shadow runs. */
const ofShadows = Effect.fnUntraced(function* ({ format, since }: Flags, repository: string | undefined) {
  if (format !== "text" && format !== "json") {
    return yield* new WrongUsage({
      where: `--shadow --format ${format}`,
      what: "the comparison has no such format",
      next: "Use --format text or --format json"
    })
  }
  const { host } = yield* ThisProcess
  const view = yield* gatherShadow({ since, host, repository })
  return (frame: Frame) => Effect.succeed(format === "json" ? encodeShadow(view) : shadowText(view, frame))
})

const report = Effect.fnUntraced(function* (flags: Flags) {
  const { out, repo: named, shadow } = flags
  const [settings, surroundings] = yield* Effect.all([CurrentSettings, ThisProcess])
  const repository = Option.getOrUndefined(yield* Effect.option(repositoryOf(settings, surroundings)))?.name
  const render = yield* shadow ? ofShadows(flags, repository) : ofRuns(flags, repository)
  const frame = yield* frameHere(named)
  const isFile = Option.isSome(out)
  const text = yield* render(isFile ? { ...frame, width: undefined, color: false } : frame)
  return yield* isFile ? write(out.value, text) : printResult(EXIT.ok, text)
})

export const reportCommand = Command.make("report", flags, (given) => {
  const layer = configured(({ settings }, surroundings) => viewLayer(settings, surroundings), {
    flags: repoSetting(given.repo)
  })
  return Effect.provide(report(given), layer)
}).pipe(
  Command.withDescription(
    "What the runs of the last nights came to: jobs, providers, work for review, bugs that keep failing, and what is new"
  )
)
