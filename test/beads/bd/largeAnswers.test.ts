import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Layer, Logger } from "effect"
import { idsIn } from "../../../src/beads/bd/listRecords.ts"
import { BeadsCli } from "../../../src/beads/BeadsCli.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import { Priority } from "../../../src/domain/Issue.ts"
import type { SeedIssue } from "../../contract/beadsContract.ts"
import { beadsId, sameMembers } from "../../contract/support.ts"
import { bdWorld } from "./bdWorld.ts"

const ours = Actor.make("nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1")
const bugs = { types: ["bug"], maxPriority: Priority.make(1) }
const sized = (id: string, kib: number): SeedIssue => ({
  id,
  title: `${id} "breaks"\n  "bd-fake" [label="x"]`,
  description: "x".repeat(kib * 1024),
  priority: 1
})
const small: ReadonlyArray<SeedIssue> = [sized("bd-a", 400), sized("bd-b", 400), sized("bd-c", 400)]
const huge = sized("bd-huge", 1100)

/** The answer and the warnings on a bd that may print one MiB. */
const limited = <A, E>(
  seed: ReadonlyArray<SeedIssue>,
  ask: (beads: BeadsCli["Type"]) => Effect.Effect<A, E>,
  fault = ""
) =>
  Effect.gen(function* () {
    const warnings: Array<string> = []
    const logger = Logger.replace(
      Logger.defaultLogger,
      Logger.make(({ message }) => void warnings.push(String(message)))
    )
    const world = yield* bdWorld("1.0.3", seed, { maxOutput: 1, fault })
    const answer = yield* Effect.flatMap(BeadsCli, ask).pipe(Effect.provide(Layer.merge(world.layer, logger)))
    return { answer, warnings: warnings.join("\n") }
  })

describe("an answer that is larger than beads.maxOutput", () => {
  it.scopedLive("hides no bug: each is read by itself, and one that is too large alone is malformed", () =>
    Effect.map(
      limited([...small, huge], (beads) => beads.openBugs(bugs)),
      ({ answer, warnings }) => {
        sameMembers(
          answer.issues.map(({ id }) => id),
          ["bd-a", "bd-b", "bd-c"]
        )
        assert.deepStrictEqual(
          answer.malformed.map(({ label }) => label),
          ["bd-huge"]
        )
        assert.include(answer.malformed[0]?.problem, "Raise beads.maxOutput")
        assert.include(warnings, "more than 1 MiB of output. Raise beads.maxOutput")
      }
    )
  )

  it.scopedLive("of very many bugs is read at once all the same: the limit grows with their number", () => {
    const many = Array.from({ length: 1500 }, (_, n) => sized(`bd-${n}`, 1))
    return Effect.map(
      limited(many, (beads) => beads.openBugs(bugs)),
      ({ answer, warnings }) => {
        assert.lengthOf(answer.issues, 1500)
        assert.strictEqual(warnings, "", "none is read by itself")
      }
    )
  })

  it.scopedLive("show fails and names the setting", () =>
    Effect.map(
      limited([huge], (beads) => Effect.either(beads.show(beadsId("bd-huge")))),
      ({ answer }) => {
        assert(Either.isLeft(answer))
        assert.strictEqual(answer.left.reason, "too_much_output")
        assert.include(answer.left.next, "beads.maxOutput")
      }
    )
  )

  it.scopedLive("a failure of one read fails the whole list", () =>
    Effect.map(
      limited(small, (beads) => Effect.either(beads.openBugs(bugs)), "show:bd-b=exit:1"),
      ({ answer }) => assert.isTrue(Either.isLeft(answer))
    )
  )

  it.scopedLive("claimsOf finds every claim that can be read, and warns of the others", () =>
    Effect.map(
      limited(
        [...small, huge].map((issue) => Object.assign({}, issue, { status: "in_progress", assignee: ours })),
        (beads) => beads.claimsOf("nightly-dispatch/")
      ),
      ({ answer, warnings }) => {
        sameMembers(
          answer.map(({ id }) => id),
          ["bd-a", "bd-b", "bd-c"]
        )
        assert.match(warnings, /cannot read bd-huge, so a claim of ours on it is skipped: .*beads\.maxOutput/)
      }
    )
  )
})

describe("idsIn", () => {
  it("reads one id for each issue, whatever is in its title", () => {
    const graph =
      'digraph dependencies {\n  rankdir=TB;\n\n  "bd-a" [label="bd-a\\n\\"x\\""];\n  "bd-a" -> "bd-b";\n}\n'
    assert.deepStrictEqual(idsIn(graph), ["bd-a"])
    assert.deepStrictEqual(idsIn("digraph dependencies {\n}\n"), [])
  })
  it("is undefined for any other text", () => {
    for (const text of ["", "[]", "bd-a", 'digraph dependencies {\n  "bd-a" [label="bd'])
      assert.isUndefined(idsIn(text))
  })
})
