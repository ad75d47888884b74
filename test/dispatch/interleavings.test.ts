import { assert, it } from "@effect/vitest"
import { Effect, FastCheck as fc, Logger, LogLevel, TestContext } from "effect"
import { inWords, plans, scenario, type Disturbance, type Plan, type Told } from "./interleaving.ts"

/** More to hunt: `INTERLEAVINGS=5000 SEED=7 npx vitest run --config test/vitest.config.ts test/dispatch/interleavings.test.ts`. */
const COUNT = Number(process.env["INTERLEAVINGS"] ?? 30)
const SEED = Number(process.env["SEED"] ?? 20261122)

const played = (plan: Plan): Effect.Effect<Told> =>
  scenario(plan).pipe(Logger.withMinimumLogLevel(LogLevel.None), Effect.provide(TestContext.TestContext))

/** Each has a clock of its own, so they wait for the event loop together. */
const all = (some: ReadonlyArray<Plan>) => Effect.runPromise(Effect.forEach(some, played, { concurrency: 16 }))

const fail = (plan: Plan, { broken, told }: Told, when = "") =>
  assert.fail([when, ...broken, "", "The plan:", ...inWords(plan), "", "What happened:", ...told].join("\n"))

const one = (call: string, does: Disturbance["does"], when: Disturbance["when"], more: Partial<Disturbance> = {}) => ({
  call,
  does,
  when,
  nth: 1,
  seconds: 0,
  which: 0,
  ...more
})

/** One bug each unless it says otherwise, in words that follow "nothing is left behind when". */
const PINNED: ReadonlyArray<readonly [what: string, disturbances: ReadonlyArray<Disturbance>, more?: Partial<Plan>]> = [
  ["nothing goes wrong", []],
  [
    "it is interrupted between claim and start",
    [one("Workspaces.acquire", "hangs", "before")],
    { end: { interrupted: 30 } }
  ],
  ["it is killed between claim and start", [one("Workspaces.acquire", "hangs", "before")], { end: { killed: 30 } }],
  ["it is killed in the middle of a claim", [one("BeadsCli.claim", "hangs", "after")], { end: { killed: 30 } }],
  ["it is killed before a start", [one("DxRunner.start", "hangs", "before")], { end: { killed: 30 } }],
  ["it is killed in the middle of a start", [one("DxRunner.start", "hangs", "after")], { end: { killed: 30 } }],
  [
    "the runner cannot be asked while the bug is still being read",
    [one("DxRunner.job", "fails", "before", { which: 1 }), one("BeadsCli.show", "is slow", "before", { seconds: 5 })],
    { bugs: 2 }
  ],
  [
    "the bug cannot be read while the runner is still being asked",
    [one("BeadsCli.show", "fails", "before"), one("DxRunner.job", "is slow", "before", { seconds: 5 })],
    { bugs: 2 }
  ],
  ["a claim fails that was made", [one("BeadsCli.claim", "fails", "after")]],
  ["a start fails for sure", [one("DxRunner.start", "fails", "before", { which: 1 })]],
  ["a start fails, and its job runs", [one("DxRunner.start", "fails", "after", { which: 1 })]],
  ["nobody can tell of a start, and its job runs", [one("DxRunner.start", "fails", "after", { which: 3 })]],
  ["nobody can tell of a start, and no job runs", [one("DxRunner.start", "fails", "before", { which: 7 })]],
  ["a start dies whose job runs", [one("DxRunner.start", "dies", "after")]],
  ["a claim dies that was made, and the others go on", [one("BeadsCli.claim", "dies", "after")], { bugs: 3 }],
  [
    "no provider takes the first bug, and one takes the second",
    [1, 2, 3].map((nth) => one("DxRunner.start", "fails", "before", { nth })),
    { bugs: 2 }
  ],
  ...(["fails", "dies", "is interrupted", "hangs"] as const).flatMap(
    (does) =>
      [
        [
          `a start is interrupted whose job runs, and the runner ${does === "hangs" ? "is slow" : does}`,
          [
            one("DxRunner.start", "hangs", "after"),
            one("DxRunner.job", does === "hangs" ? "is slow" : does, "before", {
              nth: 2,
              seconds: does === "hangs" ? 60 : 0
            })
          ],
          { end: { interrupted: 30 } }
        ],
        [
          `a release ${does} that was made`,
          [one("Workspaces.acquire", "fails", "before"), one("BeadsCli.release", does, "after")]
        ],
        [
          `a release ${does} that was not made`,
          [1, 2, 3, 4]
            .map((nth) => one("BeadsCli.release", does, "before", { nth }))
            .concat(one("Workspaces.acquire", "fails", "before"))
        ]
      ] as const
  )
]

it("nothing is left behind when one thing goes wrong", async () => {
  const some = PINNED.map(([, disturbances, more]): Plan => ({
    bugs: 1,
    parallel: 1,
    leases: false,
    disturbances,
    events: [],
    end: "by itself",
    ...more
  }))
  for (const [n, told] of (await all(some)).entries())
    if (told.broken.length > 0) fail(some[n]!, told, `when ${PINNED[n]?.[0]}`)
}, 60_000)

it(`${COUNT} interleavings of failures, delays, interruptions and kills leave no claim without a job`, async () => {
  const samples = fc.sample(plans, { numRuns: COUNT, seed: SEED })
  const first = (await all(samples)).findIndex(({ broken }) => broken.length > 0)
  if (first === -1) return
  const isFine = (plan: Plan) => Effect.runPromise(played(plan)).then(({ broken }) => broken.length === 0)
  const smallest = await fc.check(fc.asyncProperty(plans, isFine), { seed: SEED, path: `${first}`, numRuns: 1 })
  const plan = smallest.counterexample?.[0] ?? samples[first]!
  fail(plan, await Effect.runPromise(played(plan)))
}, 600_000)
