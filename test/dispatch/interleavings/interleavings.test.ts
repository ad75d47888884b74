import { assert, it } from "@effect/vitest"
import { Effect, FastCheck as fc, Logger, LogLevel, TestContext } from "effect"
import type { Disturbance } from "./disturbances.ts"
import { inWords, plans, type Plan } from "./plans.ts"
import { scenario, type ScenarioResult } from "./scenario.ts"

/** To look for rare faults: `INTERLEAVINGS=5000 SEED=7 npx vitest run --config test/vitest.config.ts test/dispatch/interleavings`. */
const COUNT = Number(process.env["INTERLEAVINGS"] ?? 30)
const SEED = Number(process.env["SEED"] ?? 20261122)

const resultOf = (plan: Plan): Effect.Effect<ScenarioResult> =>
  scenario(plan).pipe(Logger.withMinimumLogLevel(LogLevel.None), Effect.provide(TestContext.TestContext))

/** Runs plans concurrently: each has a test clock of its own, and waits only for the event loop. */
const resultsOf = (chosen: ReadonlyArray<Plan>) =>
  Effect.runPromise(Effect.forEach(chosen, resultOf, { concurrency: 16 }))

const fail = (plan: Plan, { log, violations }: ScenarioResult, when = "") =>
  assert.fail([when, ...violations, "", "The plan:", ...inWords(plan), "", "What happened:", ...log].join("\n"))

const disturb = (
  call: string,
  does: Disturbance["does"],
  when: Disturbance["when"],
  more: Partial<Disturbance> = {}
) => ({
  call,
  does,
  when,
  nth: 1,
  seconds: 0,
  which: 0,
  ...more
})

const TAKEN = { at: 10, bug: "bd-1", what: "another host takes its claim" } as const
const FREED = { at: 10, bug: "bd-1", what: "its claim is freed" } as const
const slowPrompt = disturb("PromptStore.write", "is slow", "after", { seconds: 20 })
const slowStart = disturb("DxRunner.start", "is slow", "before", { seconds: 20 })

/** The claim changes hands before the start, and between the start and the acknowledgement. */
const CLAIM_PLANS = [
  ["the claim is freed before the start", [slowPrompt], { events: [FREED] }],
  ["another host takes the claim before the start", [slowPrompt], { events: [TAKEN] }],
  ["the claim cannot be read before the start", [disturb("BeadsCli.show", "hangs", "before", { nth: 2 })]],
  [
    "the claim is freed after the run was killed during the start, before there was a job",
    [disturb("DxRunner.start", "hangs", "before")],
    { events: [FREED], end: { killed: 5 } }
  ],
  ["the claim is freed during the start", [slowStart], { events: [FREED] }],
  ["another host takes the claim during the start", [slowStart], { events: [TAKEN] }],
  [
    "another host takes the claim during the start, and the runner cannot stop the job",
    [slowStart, disturb("DxRunner.stop", "fails", "before")],
    { events: [TAKEN] }
  ],
  [
    "another host takes the claim during the start, and the claim cannot be read",
    [slowStart, disturb("BeadsCli.show", "hangs", "before", { nth: 3 })],
    { events: [TAKEN] }
  ],
  [
    "another host takes the claim during the start, and the run is killed before it has read the claim",
    [slowStart, disturb("BeadsCli.show", "hangs", "before", { nth: 3 })],
    { events: [TAKEN], end: { killed: 25 } }
  ],
  [
    "another host takes the claim during the start, and the run is interrupted while it stops the job",
    [slowStart, disturb("DxRunner.stop", "hangs", "before")],
    { events: [TAKEN], end: { interrupted: 25 } }
  ]
] as const

/** Named plans with one bug, unless `more` says otherwise. */
const NAMED_PLANS: ReadonlyArray<
  readonly [name: string, disturbances: ReadonlyArray<Disturbance>, more?: Partial<Plan>]
> = [
  ["no call fails", []],
  [
    "the journal takes the acknowledgement, and its call dies",
    [disturb("Journal.advance", "dies", "after", { nth: 5 })]
  ],
  ["the journal dies before the acknowledgement", [disturb("Journal.advance", "dies", "before", { nth: 5 })]],
  ...CLAIM_PLANS,
  [
    "the run is interrupted between claim and start",
    [disturb("Workspaces.acquire", "hangs", "before")],
    { end: { interrupted: 30 } }
  ],
  [
    "the run is killed between claim and start",
    [disturb("Workspaces.acquire", "hangs", "before")],
    { end: { killed: 30 } }
  ],
  [
    "the run is killed after bd has claimed the bug, before bd answers",
    [disturb("BeadsCli.claim", "hangs", "after")],
    { end: { killed: 30 } }
  ],
  [
    "the run is killed before the runner starts the job",
    [disturb("DxRunner.start", "hangs", "before")],
    { end: { killed: 30 } }
  ],
  [
    "the run is killed after the runner has started the job, before the runner answers",
    [disturb("DxRunner.start", "hangs", "after")],
    { end: { killed: 30 } }
  ],
  [
    "the runner fails while bd still shows the bug",
    [
      disturb("DxRunner.job", "fails", "before", { which: 1 }),
      disturb("BeadsCli.show", "is slow", "before", { seconds: 5 })
    ],
    { bugs: 2 }
  ],
  [
    "bd fails to show the bug while the runner is still asked for its job",
    [disturb("BeadsCli.show", "fails", "before"), disturb("DxRunner.job", "is slow", "before", { seconds: 5 })],
    { bugs: 2 }
  ],
  ["the claim fails although bd has made it", [disturb("BeadsCli.claim", "fails", "after")]],
  ["the start fails and no job runs", [disturb("DxRunner.start", "fails", "before", { which: 1 })]],
  ["the start fails although the job runs", [disturb("DxRunner.start", "fails", "after", { which: 1 })]],
  [
    "the runner cannot tell whether the job runs, and the job runs",
    [disturb("DxRunner.start", "fails", "after", { which: 3 })]
  ],
  [
    "the runner cannot tell whether the job runs, and no job runs",
    [disturb("DxRunner.start", "fails", "before", { which: 7 })]
  ],
  ["the start dies although the job runs", [disturb("DxRunner.start", "dies", "after")]],
  [
    "one claim dies although bd has made it, and the other bugs are dispatched",
    [disturb("BeadsCli.claim", "dies", "after")],
    { bugs: 3 }
  ],
  [
    "no provider starts the first bug's job, and one starts the second's",
    [1, 2, 3].map((nth) => disturb("DxRunner.start", "fails", "before", { nth })),
    { bugs: 2 }
  ],
  ...(["fails", "dies", "is interrupted", "hangs"] as const).flatMap(
    (does) =>
      [
        [
          `the run is interrupted during a start whose job runs, and the runner ${does === "hangs" ? "is slow" : does}`,
          [
            disturb("DxRunner.start", "hangs", "after"),
            disturb("DxRunner.job", does === "hangs" ? "is slow" : does, "before", {
              nth: 2,
              seconds: does === "hangs" ? 60 : 0
            })
          ],
          { end: { interrupted: 30 } }
        ],
        [
          `the release ${does} although bd has made it`,
          [disturb("Workspaces.acquire", "fails", "before"), disturb("BeadsCli.release", does, "after")]
        ],
        [
          `the release ${does} and bd has not made it`,
          [1, 2, 3, 4]
            .map((nth) => disturb("BeadsCli.release", does, "before", { nth }))
            .concat(disturb("Workspaces.acquire", "fails", "before"))
        ]
      ] as const
  )
]

it("each named plan leaves nothing behind", async () => {
  const chosen = NAMED_PLANS.map(([, disturbances, more]): Plan => ({
    bugs: 1,
    parallel: 1,
    leases: false,
    disturbances,
    events: [],
    end: "by itself",
    ...more
  }))
  for (const [n, result] of (await resultsOf(chosen)).entries())
    if (result.violations.length > 0) fail(chosen[n]!, result, `when ${NAMED_PLANS[n]?.[0]}`)
}, 120_000)

it(`${COUNT} random plans of failures, delays, interruptions and kills leave no claim without a job`, async () => {
  const samples = fc.sample(plans, { numRuns: COUNT, seed: SEED })
  const first = (await resultsOf(samples)).findIndex(({ violations }) => violations.length > 0)
  if (first === -1) return
  const isFine = (plan: Plan) => Effect.runPromise(resultOf(plan)).then(({ violations }) => violations.length === 0)
  const smallest = await fc.check(fc.asyncProperty(plans, isFine), { seed: SEED, path: `${first}`, numRuns: 1 })
  const plan = smallest.counterexample?.[0] ?? samples[first]!
  fail(plan, await Effect.runPromise(resultOf(plan)))
}, 600_000)
