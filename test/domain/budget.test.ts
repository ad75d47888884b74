import { assert, describe, it } from "@effect/vitest"
import { Either, Schema } from "effect"
import { Ack } from "../../src/domain/Ack.ts"
import type { Attempt, Ending } from "../../src/domain/Attempt.ts"
import { advanced, begun } from "../../src/domain/attemptSteps.ts"
import { bugBudgetSpent, nightBudget } from "../../src/domain/Budget.ts"
import { BeadsId, RunId } from "../../src/domain/Ids.ts"
import { nightAt } from "../../src/domain/night.ts"
import { localZone } from "../../src/domain/localZone.ts"
import { Provider, ProviderName } from "../../src/domain/Provider.ts"
import { reports } from "../../src/domain/Reporting.ts"
import { Actor } from "../../src/domain/Actor.ts"
import type { Usage } from "../../src/domain/Usage.ts"
import { settings } from "../dispatch/support.ts"

const MINUTE = 60_000
const at = (minutes: number) => ({ at: minutes * MINUTE, boot: undefined })

interface Job {
  readonly began: number
  /** `undefined`: it runs. */
  readonly ended?: number
  readonly ending?: Partial<Ending>
  readonly provider?: string
  readonly digest?: string
}

let count = 0
const job = ({ began, digest = "d", ended, ending, provider = "opencode" }: Job): Attempt => {
  count++
  const beads = BeadsId.make("bd-1")
  const intent = {
    actor: Actor.make(`nightly-dispatch/${"0".repeat(32)}/vm-1/20261127T060000Z-4f2a91c7d0/${count}`),
    run: RunId.make("20261127T060000Z-4f2a91c7d0"),
    beads,
    number: 1,
    digest,
    repository: { name: "app", path: "/src/app" }
  }
  const ack = Ack.make({ beads, provider: ProviderName.make(provider), how: "started" })
  const running = Either.getOrThrow(advanced(begun(intent, at(began)), { _tag: "Acknowledged", ack }, at(began)))
  if (ended === undefined) return running
  const end = { end: "succeeded", detail: "it ended", durationMs: (ended - began) * MINUTE, ...ending } as const
  return Either.getOrThrow(advanced(running, { _tag: "Settled", ...end }, at(ended)))
}

const limitsOf = (limits: Record<string, unknown>) => settings({ limits }).limits
const night = (attempts: ReadonlyArray<Attempt>, limits: Record<string, unknown>, now = 100, reserved = 0) =>
  nightBudget({ attempts, limits: limitsOf(limits), now: at(now), reserved, until: "12:00" })
const used = (usage: Usage) => ({ ending: { usage } })

describe("the budget of a night", () => {
  it("counts the jobs that have begun, also those that run, and those that are about to begin", () => {
    const jobs = [job({ began: 0, ended: 10 }), job({ began: 5 })]
    assert.strictEqual(night(jobs, { jobsPerNight: 5 }).left, 3)
    assert.strictEqual(night(jobs, { jobsPerNight: 5 }, 100, 2).left, 1)
    const { left, why } = night(jobs, { jobsPerNight: 2 })
    assert.strictEqual(left, 0)
    assert.strictEqual(why, "2 of 2 jobs of this night are begun, 1 of them runs; more from 12:00")
    assert.strictEqual(night([], { jobsPerNight: 2 }).why, "")
  })

  it("counts the minutes of jobs that run until now, and says them", () => {
    const jobs = [job({ began: 0, ended: 72 }), job({ began: 80 }), job({ began: 80 })]
    assert.strictEqual(night(jobs, { agentMinutesPerNight: 113 }).left, Number.POSITIVE_INFINITY)
    const { left, why } = night(jobs, { agentMinutesPerNight: 112 })
    assert.strictEqual(left, 0)
    assert.strictEqual(
      why,
      "112 of 112 agent minutes of this night are used, 40 of them by 2 jobs that run; more from 12:00"
    )
  })

  it("counts no more than limits.maxRuntime for a job whose end nobody saw", () => {
    const lost = job({ began: 0, ended: 900, ending: { end: "lost", durationMs: undefined } })
    assert.include(night([lost], { agentMinutesPerNight: 60, maxRuntime: "2 h" }, 1000).why, "120 of 60 agent minutes")
  })

  it("counts tokens with those of a cache, and dollars; what is not reported counts as 0", () => {
    const usage = { inputTokens: 400_000, outputTokens: 1000, cacheTokens: 800_000, costUsd: 5.2 }
    const jobs = [job({ began: 0, ended: 9, ...used(usage) }), job({ began: 0, ended: 9 })]
    const { left, words } = night(jobs, { tokensPerNight: 1_000_000, costPerNight: 6 })
    assert.strictEqual(left, 0)
    assert.deepStrictEqual(words, [
      "1 201 000 of 1 000 000 tokens of this night are used",
      "$5.20 of $6.00 of this night are spent"
    ])
    assert.strictEqual(night(jobs, { costPerNight: 5.3 }).left, Number.POSITIVE_INFINITY)
  })

  it("does not end while its jobs run at three in the morning", () => {
    const three = Date.UTC(2026, 10, 28, 3)
    const zone = localZone(three)
    const { from, until } = nightAt(three, zone)
    assert.deepStrictEqual(nightAt(three - 6 * 3_600_000, zone).from, from)
    assert.isAbove(until, three)
  })
})

describe("the budget of a bug", () => {
  it("counts its jobs and minutes at its present task, without those before a retry", () => {
    const before: Attempt = { ...job({ began: 0, ended: 30 }), cleared: true } as Attempt
    const older = job({ began: 0, ended: 30, digest: "other" })
    const now = [job({ began: 40, ended: 50 }), job({ began: 60, ended: 80 })]
    const why = (limits: Record<string, unknown>) =>
      bugBudgetSpent([before, older, ...now], "d", at(100), limitsOf(limits))
    assert.isUndefined(why({}))
    assert.isUndefined(why({ jobsPerBug: 3, agentMinutesPerBug: 31 }))
    assert.strictEqual(why({ jobsPerBug: 2 }), "2 of 2 jobs for this task are begun")
    assert.strictEqual(why({ agentMinutesPerBug: 30 }), "30 of 30 agent minutes for this task are used")
  })
})

describe("whether a provider reports what it uses", () => {
  const provider = (name: string, command?: string) =>
    Schema.decodeUnknownSync(Provider)({ name, ...(command === undefined ? {} : { command: [command] }) })
  const tokens = { inputTokens: 1, outputTokens: 1 }
  const known = new Map([
    ["opencode", true],
    ["gemini", false]
  ])

  it("is known of the tools of a runner, until one leaves the price out", () => {
    assert.isTrue(reports(provider("opencode"), "cost", [], known))
    assert.isFalse(reports(provider("gemini"), "tokens", [], known))
    // It ended before there was a budget, so it printed text.
    const silent = job({ began: 0, ended: 9 })
    assert.isTrue(reports(provider("opencode"), "cost", [silent], known))
    const priceless = job({ began: 0, ended: 9, ...used(tokens) })
    assert.isFalse(reports(provider("opencode"), "cost", [priceless, silent], known))
    assert.isTrue(reports(provider("opencode"), "tokens", [priceless, silent], known))
    assert.isFalse(reports(provider("opencode"), "cost", [silent]), "another runner does not know the tool")
  })

  it("is told by the last job of another command that ended well, and else not known", () => {
    const own = provider("mine", "my-agent")
    const silent = job({ began: 0, ended: 9, provider: "mine" })
    const cut = job({ began: 0, ended: 9, provider: "mine", ending: { end: "failed" } })
    const told = job({ began: 0, ended: 9, provider: "mine", ...used({ ...tokens, costUsd: 1 }) })
    assert.isUndefined(reports(own, "cost", []))
    assert.isUndefined(reports(own, "cost", [cut]))
    assert.isFalse(reports(own, "cost", [told, silent, cut]))
    assert.isTrue(reports(own, "cost", [silent, told, cut]))
  })
})
