import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Tracer } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { parentSpanOf, traceparentOf, traceVariables } from "../../src/domain/traceContext.ts"
import { machine } from "../cli/world.ts"

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
const GIVEN = `00-${TRACE}-00f067aa0ba902b7-01`

describe("TRACEPARENT", () => {
  it("is read as the W3C has it, and anything else begins a new trace", () => {
    const parent = parentSpanOf(GIVEN)
    assert.deepInclude(parent, { traceId: TRACE, spanId: "00f067aa0ba902b7", sampled: true })
    assert.strictEqual(parent === undefined ? "" : traceparentOf(parent), GIVEN)
    assert.strictEqual(parentSpanOf(GIVEN.replace(/01$/, "00"))?.sampled, false)
    assert.strictEqual(parentSpanOf(`${GIVEN.replace(/^00/, "01")}-more`)?.traceId, TRACE)
    for (const wrong of [
      undefined,
      "",
      "x",
      GIVEN.toUpperCase(),
      `${GIVEN}-more`,
      GIVEN.replace(/^00/, "ff"),
      GIVEN.replace(TRACE, "0".repeat(32)),
      GIVEN.replace("00f067aa0ba902b7", "0".repeat(16)),
      GIVEN.replace("00f0", "00g0")
    ]) {
      assert.isUndefined(parentSpanOf(wrong), wrong)
    }
  })

  it.effect("is that of the span that starts a process; without a span there is none", () =>
    Effect.gen(function* () {
      const inSpan = Effect.withSpan(Effect.all([traceVariables, Effect.currentSpan]), "start")
      const [variables, span] = yield* inSpan
      assert.deepStrictEqual(variables, { TRACEPARENT: traceparentOf(span) })
    })
  )
})

/** A tracer that remembers its spans. */
const remembering = Effect.map(Effect.tracer, (native) => {
  const spans: Array<Tracer.Span> = []
  const tracer = Tracer.make({
    span: (...args) => {
      const span = native.span(...args)
      spans.push(span)
      return span
    },
    context: (work, fiber) => native.context(work, fiber)
  })
  return { spans, tracer }
})

/** What the agent, or dx-runner, had in `TRACEPARENT`. */
const written = (root: string) =>
  Effect.promise(() => fs.readFile(path.join(root, "trace"), "utf8").catch(() => "")).pipe(
    Effect.delay("50 millis"),
    Effect.repeat({ until: (text) => text.endsWith("\n"), times: 100 }),
    Effect.zipRight(Effect.promise(() => fs.readFile(path.join(root, "trace"), "utf8").catch(() => ""))),
    Effect.map((text) => String(text).trim())
  )

describe("a run", () => {
  const world = Effect.gen(function* () {
    const made = yield* machine([{ id: "bd-1", title: "a" }])
    const config = path.join(made.root, "settings.json")
    const agent = { name: "mine", command: ["sh", "-c", `echo "$TRACEPARENT" > '${made.root}/trace'`] }
    yield* Effect.promise(() =>
      fs.writeFile(config, JSON.stringify({ providers: [agent], runner: { backend: "local" } }))
    )
    return { ...made, args: ["run", "--config", config] }
  })

  it.scopedLive(
    "hands the trace of cron's TRACEPARENT to the agent",
    () =>
      Effect.gen(function* () {
        const { args, program, root } = yield* world
        const run = yield* program(args, { env: { TRACEPARENT: GIVEN } })
        assert.strictEqual(run.code, 0, run.stderr)
        const span = parentSpanOf(yield* written(root))
        assert.strictEqual(span?.traceId, TRACE)
        assert.notStrictEqual(span?.spanId, "00f067aa0ba902b7")
      }),
    30_000
  )

  it.scopedLive(
    "begins a new trace without a valid one; its spans tell run, bug, provider and attempt",
    () =>
      Effect.gen(function* () {
        const { args, nd, root } = yield* world
        const { spans, tracer } = yield* remembering
        const run = yield* nd(args).pipe(Effect.withTracer(tracer), Effect.exit)
        assert.isTrue(Exit.isSuccess(run) && run.value.code === 0)
        const named = (name: string) => spans.find((span) => span.name === name)
        const top = named("nightly-dispatch")
        const launch = named("local.launch")
        assert.strictEqual(top?.parent._tag, "None")
        assert.strictEqual(
          yield* written(root),
          launch === undefined ? "" : traceparentOf(launch),
          "the agent continues the span that launched it"
        )
        assert.strictEqual(launch?.traceId, top?.traceId)
        assert.match(String(named("nightlyRun")?.attributes.get("run")), /^\d{8}T/)
        const { attempt, beads, provider, run: id } = Object.fromEntries(launch?.attributes ?? [])
        assert.deepStrictEqual(
          { beads, provider, id },
          { beads: "bd-1", provider: "mine", id: named("nightlyRun")?.attributes.get("run") }
        )
        assert.match(String(attempt), /^nightly-dispatch\//)
        assert.strictEqual(named("dispatchIssue")?.attributes.get("beads"), "bd-1")
      }),
    30_000
  )

  it.scopedLive(
    "hands its trace to dx-runner",
    () =>
      Effect.gen(function* () {
        const made = yield* machine([{ id: "bd-1", title: "a" }])
        const stub = path.join(made.root, "bin/dx-runner")
        yield* Effect.promise(() =>
          fs.writeFile(
            stub,
            `#!/bin/sh\n[ "$1" != start ] || echo "$TRACEPARENT" > '${made.root}/trace'\nPATH=\${PATH#*:} exec dx-runner "$@"\n`,
            { mode: 0o755 }
          )
        )
        const run = yield* made.nd(["run"], { env: { TRACEPARENT: GIVEN } })
        assert.strictEqual(run.code, 0, run.stderr)
        assert.strictEqual(parentSpanOf(yield* written(made.root))?.traceId, TRACE)
      }),
    30_000
  )
})
