import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect, Layer, Logger, LogLevel, Schema, type Option } from "effect"
import { withLimits } from "../../dispatch/limits/limitedServices.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { viewLayer } from "../../layer.ts"
import { newRun } from "../../locate.ts"
import { gatherFacts } from "../../report/needs/gatherFacts.ts"
import { StatusView, statusView } from "../../report/status/statusView.ts"
import { statusText } from "../../report/status/text.ts"
import { ThisProcess } from "../../surroundings.ts"
import { Configuration, configured } from "../Configuration.ts"
import { WrongUsage } from "../exit.ts"
import { frameHere } from "../frame.ts"
import { json, repo, repoSetting } from "../root.ts"
import { metricsFile, writeFacts } from "../telemetry/metrics.ts"
import { redrawn } from "../terminal/redrawn.ts"
import { printResult, Streams } from "../terminal/Streams.ts"

const encodeView = Schema.encodeSync(Schema.parseJson(StatusView))

const flags = {
  json,
  repo,
  metricsFile,
  all: Options.boolean("all").pipe(
    Options.withDescription("List every bug that is left alone, and everything that needs you")
  ),
  watch: Options.boolean("watch").pipe(
    Options.withDescription("Show it anew every two seconds, on a terminal, until q or ctrl-c")
  )
}

interface Flags {
  readonly json: boolean
  readonly repo: Option.Option<string>
  readonly metricsFile: Option.Option<string>
  readonly all: boolean
  readonly watch: boolean
}

/** What a view is read from, made anew for each view: while one is watched, the first run may make the journal. */
const services = Layer.unwrapEffect(
  Effect.map(Effect.all([Configuration, ThisProcess]), ([{ settings }, process]) => viewLayer(settings, process))
)

/** The view now, and the frame for its text. */
const look = Effect.fn("status")(function* ({ metricsFile, repo: named }: Flags) {
  const place = yield* Effect.cached(newRun(yield* CurrentSettings, yield* ThisProcess))
  const facts = yield* withLimits(gatherFacts(place))
  yield* writeFacts(metricsFile, facts)
  const frame = yield* frameHere(named)
  return { frame, view: statusView(facts, { ...(yield* place), program: frame.program }) }
}, Effect.provide(services))

const status = Effect.fnUntraced(function* (flags: Flags) {
  const { all, json: asJson, watch } = flags
  const streams = yield* Streams
  const shown = Effect.map(look(flags), ({ frame, view }) => ({
    exit: view.exit,
    text: asJson ? encodeView(view) : statusText(view, frame, { all })
  }))
  if (!watch) return yield* Effect.flatMap(shown, ({ exit, text }) => printResult(exit, text))
  if (!asJson && streams.width() !== undefined) {
    // Log lines would be printed into the screen.
    return yield* redrawn(Logger.withMinimumLogLevel(shown, LogLevel.None))
  }
  return yield* new WrongUsage({
    what: "status --watch needs a terminal for stdout, and prints no JSON",
    next: "Leave out --watch"
  })
})

export const statusCommand = Command.make("status", flags, status).pipe(
  Command.withDescription(
    "Show whether the runs came, what needs you and which command deals with it, what runs now, and how the providers do"
  ),
  Command.provide((given) => configured(() => Layer.empty, { flags: repoSetting(given.repo) }))
)
