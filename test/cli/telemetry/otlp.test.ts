import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Logger, Metric } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { exporterLayer } from "../../../src/cli/telemetry/otlp/exporter.ts"
import type { Signal } from "../../../src/cli/telemetry/otlp/collectors.ts"
import { collectorsOf } from "../../../src/cli/telemetry/otlp/collectors.ts"
import { Exporting } from "../../../src/cli/telemetry/otlp/Exporting.ts"
import { WrongUsage } from "../../../src/cli/exit.ts"
import { redactor } from "../../../src/domain/Redaction.ts"
import { parentSpanOf } from "../../../src/domain/traceContext.ts"
import { serverThat, status, type Answer, type Got } from "../../alerts/server.ts"
import { machine, PROGRAM } from "../world.ts"

const SECRET = "correct-horse-battery"
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"

/** A server, and the variables that name it. */
const collector = (answer: Answer = status(200, "{}")) =>
  Effect.map(serverThat(answer), ({ address, got }) => ({
    got,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: address.origin,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${SECRET}`
    }
  }))

interface Spanned {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly attributes: ReadonlyArray<Attribute>
}
interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue?: string; readonly intValue?: number }
}
interface Lined {
  readonly traceId?: string
  readonly severityText: string
  readonly body: { readonly stringValue: string }
  readonly attributes: ReadonlyArray<Attribute>
}

const bodiesOf = (got: ReadonlyArray<Got>, signal: Signal) =>
  got.filter(({ url }) => url === `/v1/${signal}`).map(({ body }) => JSON.parse(body))
const spansOf = (got: ReadonlyArray<Got>): ReadonlyArray<Spanned> =>
  bodiesOf(got, "traces").flatMap(({ resourceSpans }) => resourceSpans[0].scopeSpans[0].spans)
const linesOf = (got: ReadonlyArray<Got>): ReadonlyArray<Lined> =>
  bodiesOf(got, "logs").flatMap(({ resourceLogs }) => resourceLogs[0].scopeLogs[0].logRecords)
const metricsOf = (got: ReadonlyArray<Got>): ReadonlyArray<{ readonly name: string }> =>
  bodiesOf(got, "metrics").flatMap(({ resourceMetrics }) => resourceMetrics[0].scopeMetrics[0].metrics)

const noted = (attributes: ReadonlyArray<Attribute>) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]))

describe.concurrent("a command with a collector", { timeout: 60_000 }, () => {
  it.scopedLive("sends its trace, its log lines and its metrics, without secrets", () =>
    Effect.gen(function* () {
      const { env, got } = yield* collector()
      const world = yield* machine([{ id: "bd-1", title: "login fails" }])
      const run = yield* world.program(["run"], { env: { ...env, TRACEPARENT: `00-${TRACE}-00f067aa0ba902b7-01` } })
      assert.strictEqual(run.code, 0, run.stderr)
      assert.notInclude(run.stderr, "telemetry")
      assert.notInclude(run.stdout + run.stderr, SECRET)
      assert.isTrue(got.every(({ headers }) => headers.authorization === `Bearer ${SECRET}`))

      const spans = spansOf(got)
      assert.isTrue(spans.every(({ traceId }) => traceId === TRACE))
      const top = spans.find(({ name }) => name === "nightly-dispatch")
      assert.strictEqual(top?.parentSpanId, "00f067aa0ba902b7")
      const ids = new Set(spans.map(({ spanId }) => spanId))
      const orphans = spans.filter(({ parentSpanId }) => parentSpanId === undefined || !ids.has(parentSpanId))
      assert.deepStrictEqual(
        orphans.map(({ name }) => name),
        ["nightly-dispatch"],
        "every span but the first hangs below another"
      )
      const start = noted(spans.find(({ name }) => name === "dispatchIssue")?.attributes ?? [])
      assert.strictEqual(start["beads"], "bd-1")

      const lines = linesOf(got)
      const summary = lines.find(({ body }) => body.stringValue.startsWith("RUN_SUMMARY "))
      assert.deepInclude(noted(summary?.attributes ?? []), { event: "RUN_SUMMARY", exit: 0, dispatched: 1 })
      assert.strictEqual(summary?.traceId, TRACE)
      assert.isTrue(
        lines.every(({ severityText }) => severityText !== "DEBUG"),
        "lines below the level are left out"
      )
      const shown = run.stderr.split("\n").filter((line) => line !== "")
      assert.strictEqual(lines.length, shown.length, "the same lines as on stderr")

      const names = metricsOf(got).map(({ name }) => name)
      for (const name of ["runs_total", "dispatches_total", "run_duration_seconds", "source_up", "running_jobs"])
        assert.include(names, `nightly_dispatch_${name}`)
    })
  )

  it.scopedLive("says in one line what did not arrive, and its result is the same as without a collector", () =>
    Effect.gen(function* () {
      const world = yield* machine([{ id: "bd-1", title: "login fails" }])
      const plain = yield* world.program(["status", "--json"])
      const answers: ReadonlyArray<readonly [words: RegExp, answer: Answer]> = [
        [/no answer in time/, () => {}],
        [/the server answers 500/, status(500)],
        [/the server answers 301: the address has moved/, status(301, "", { location: "http://127.0.0.1:9/" })],
        [/the connection broke/, (_, __, request) => void request.socket.destroy()]
      ]
      for (const [words, answer] of answers) {
        const { env } = yield* collector(answer)
        const found = yield* world.program(["status", "--json"], { env })
        assert.strictEqual(found.code, plain.code)
        assert.deepStrictEqual(Object.keys(JSON.parse(found.stdout)), Object.keys(JSON.parse(plain.stdout)))
        assert.match(found.stderr, /^nightly-dispatch: not all telemetry reached its collector \([a-z, ]+\): .*\n$/)
        assert.match(found.stderr, words)
      }
      const gone = yield* Effect.scoped(collector())
      const absent = yield* world.program(["status"], { env: gone.env })
      assert.match(absent.stderr, /no server answers there \(ECONNREFUSED\)/)
      const wrong = yield* world.program(["status"], { env: { OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:4318" } })
      assert.match(
        wrong.stderr,
        /^nightly-dispatch: no telemetry is sent: OTEL_EXPORTER_OTLP_ENDPOINT is no web address/
      )
      assert.strictEqual(wrong.code, plain.code)
    })
  )

  it.scopedLive("reads the exporter's file only then, and goes on without it", () =>
    Effect.gen(function* () {
      const world = yield* machine([])
      const directory = fs.mkdtempSync(path.join(world.root, "dist "))
      fs.writeFileSync(path.join(directory, "package.json"), '{ "type": "commonjs" }')
      for (const name of ["nightly-dispatch.js", "program.cjs"])
        fs.copyFileSync(path.join(path.dirname(PROGRAM), name), path.join(directory, name))
      fs.symlinkSync(path.join(path.dirname(PROGRAM), "../node_modules"), path.join(directory, "node_modules"))
      fs.writeFileSync(path.join(directory, "otlp.cjs"), "throw new Error('boom')")
      const program = path.join(directory, "nightly-dispatch.js")
      const plain = yield* world.program(["status"], { program })
      assert.notInclude(plain.stderr, "boom")
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" }
      const sending = yield* world.program(["status"], { program, env })
      assert.strictEqual(sending.code, plain.code)
      assert.match(sending.stderr, /^nightly-dispatch: no telemetry is sent: .*otlp\.cjs is missing or broken: boom/)
    })
  )

  it.scopedLive("sends no spans of a trace that is not recorded where it began, and hands that on", () =>
    Effect.gen(function* () {
      const { env, got } = yield* collector()
      const world = yield* machine([{ id: "bd-1", title: "login fails" }])
      const config = path.join(world.root, "settings.json")
      const agent = { name: "mine", command: ["sh", "-c", `echo "$TRACEPARENT" > '${world.root}/trace'; sleep 5`] }
      fs.writeFileSync(config, JSON.stringify({ providers: [agent], runner: { backend: "local" } }))
      const run = yield* world.program(["run", "--config", config], {
        env: { ...env, TRACEPARENT: `00-${TRACE}-00f067aa0ba902b7-00` }
      })
      assert.strictEqual(run.code, 0, run.stderr)
      assert.deepStrictEqual(spansOf(got), [])
      assert.notStrictEqual(linesOf(got).length, 0)
      const handed = yield* world.file("trace").pipe(
        Effect.delay("50 millis"),
        Effect.repeat({ until: (text) => text !== "", times: 100 }),
        Effect.map((text) => parentSpanOf(text))
      )
      assert.deepInclude(handed, { traceId: TRACE, sampled: false })
    })
  )
})

describe("the exporter", () => {
  const layerFor = (env: Record<string, string>, failed: (signal: Signal, why: string) => void = () => {}) => {
    const { collectors } = collectorsOf(env)
    if (collectors === undefined) throw new Error("no collector")
    return exporterLayer(collectors, {
      version: "1",
      instance: "host/test",
      isTraced: true,
      redact: redactor([SECRET]),
      failed
    })
  }

  it.scopedLive("leaves secrets out of attributes, errors, lines and names of the resource", () =>
    Effect.gen(function* () {
      const { env, got } = yield* collector()
      const work = Effect.gen(function* () {
        yield* Effect.annotateCurrentSpan("title", `a ${SECRET} b`)
        const { logger } = yield* Exporting
        if (logger !== undefined)
          yield* Effect.provide(
            Effect.logInfo(`the line ${SECRET}`, { note: SECRET }),
            Logger.replace(Logger.defaultLogger, logger)
          )
        return yield* new WrongUsage({ what: `failed with ${SECRET}` })
      }).pipe(Effect.withSpan("work"), Effect.exit)
      yield* Effect.provide(work, layerFor({ ...env, OTEL_RESOURCE_ATTRIBUTES: `note=${SECRET}` }))
      const [span] = spansOf(got)
      assert.strictEqual(noted(span?.attributes ?? [])["title"], "a [redacted] b")
      assert.notInclude(got.map(({ body }) => body).join("\n"), SECRET)
      assert.include(got.map(({ body }) => body).join("\n"), "failed with [redacted]")
    })
  )

  it.scopedLive("waits a second in all for a server that does not answer", () =>
    Effect.gen(function* () {
      const losses = new Map<Signal, string>()
      const { env } = yield* collector(() => {})
      const work = Effect.zipRight(
        Metric.increment(Metric.counter("test_total")),
        Effect.void.pipe(Effect.withSpan("a"))
      )
      const sending = Effect.provide(
        work,
        layerFor(env, (signal, why) => losses.set(signal, why))
      )
      const [taken] = yield* Effect.timed(sending)
      assert.isTrue(Duration.between(taken, { minimum: "900 millis", maximum: "1800 millis" }), Duration.format(taken))
      assert.deepStrictEqual([...losses.keys()].toSorted(), ["metrics", "traces"])
    })
  )

  it.scopedLive(
    "sends what a long command has while it works",
    () =>
      Effect.gen(function* () {
        const { env, got } = yield* collector()
        const work = Effect.zipRight(Effect.void.pipe(Effect.withSpan("early")), Effect.never)
        const fiber = yield* Effect.fork(Effect.provide(work, layerFor(env)))
        yield* Effect.repeat(Effect.sleep("100 millis"), { until: () => spansOf(got).length > 0, times: 100 })
        assert.deepStrictEqual(
          spansOf(got).map(({ name }) => name),
          ["early"]
        )
        yield* Fiber.interrupt(fiber)
      }),
    20_000
  )
})
