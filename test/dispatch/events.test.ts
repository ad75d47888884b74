import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import type { Event } from "../../src/domain/Event.ts"
import { lineOf } from "../../src/domain/eventLine.ts"
import { Events, eventSink, makeEvents } from "../../src/domain/Events.ts"
import { fakes, runOnce, startFails, threeBugs, type World } from "./support.ts"
import { FakeRunner } from "../../src/testing/index.ts"

/** One run: its log lines and its events. */
const watchedRun = (world: World) => {
  const events: Array<Event> = []
  const sink = eventSink(({ event }) => Effect.sync(() => void events.push(event)))
  return Effect.map(runOnce, ({ lines, report }) => ({ events, lines, report })).pipe(
    Effect.provide(Layer.merge(fakes(world), Layer.provide(sink, Layer.effect(Events, makeEvents))))
  )
}

const IS_LINE = /^(?:\S+ )?[A-Z]+_[A-Z]+ \w+=/

const worlds: Readonly<Record<string, World>> = {
  "a good night": threeBugs,
  "a provider that fails": {
    ...threeBugs,
    runner: { faults: [FakeRunner.on("start").fails(startFails("provider", "quota is used up"))] }
  },
  "bugs that are left alone": {
    beads: {
      issues: [
        { id: "bd-1", labels: ["manual"] },
        { id: "bd-2", priority: 3 }
      ]
    }
  }
}

describe("the events of a run", () => {
  for (const [name, world] of Object.entries(worlds)) {
    it.effect(`are its event lines, in the same order: ${name}`, () =>
      Effect.map(watchedRun(world), ({ events, lines }) => {
        const told = events.flatMap((event) => lineOf(event)?.toString() ?? [])
        assert.isAbove(told.length, 0)
        assert.deepStrictEqual(
          told,
          lines.filter((line) => IS_LINE.test(line))
        )
      })
    )
  }

  it.effect("begin with the run and its plan, tell of each step and claim, and end with the report", () =>
    Effect.map(watchedRun(threeBugs), ({ events, report }) => {
      const tags = events.map(({ _tag }) => _tag)
      assert.deepStrictEqual(tags.slice(0, 2), ["RunBegun", "PlanMade"])
      assert.deepStrictEqual(events.at(-1), { _tag: "RunEnded", report })
      const ofBug = events.flatMap((event) =>
        event._tag === "StepBegun" && event.beads === "bd-1"
          ? [event.step]
          : event._tag === "Claimed" && event.beads === "bd-1"
            ? ["claimed"]
            : event._tag === "Dispatched" && event.beads === "bd-1"
              ? ["dispatched"]
              : []
      )
      assert.deepStrictEqual(ofBug, [
        "re-read",
        "claim",
        "claimed",
        "worktree",
        "prompt",
        "preflight",
        "start",
        "done",
        "dispatched"
      ])
    })
  )
})
