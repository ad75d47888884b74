import { assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import * as fc from "effect/FastCheck"
import { resetTime } from "../../src/domain/resetTime.ts"

const at = (iso: string): number => DateTime.unsafeMake(iso).epochMillis
const BERLIN = DateTime.zoneUnsafeMakeNamed("Europe/Berlin")
/** 12:57 in Berlin. */
const NOW = at("2026-11-27T11:57:00Z")
const read = (text: string) => {
  const found = resetTime(text, NOW, () => BERLIN)
  return found === undefined ? undefined : DateTime.formatIso(DateTime.unsafeMake(found))
}

const SAID: ReadonlyArray<readonly [text: string, expected: string]> = [
  ["Retry-After: 120", "2026-11-27T11:59:00.000Z"],
  [`"responseHeaders":{"date":"x","retry-after":"3600"}`, "2026-11-27T12:57:00.000Z"],
  ["Retry-After: Fri, 27 Nov 2026 15:28:00 GMT", "2026-11-27T15:28:00.000Z"],
  ["429 Too Many Requests: retry after 20s", "2026-11-27T11:57:20.000Z"],
  ["retry after 30 seconds", "2026-11-27T11:57:30.000Z"],
  [`"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "37s"`, "2026-11-27T11:57:37.000Z"],
  [String.raw`\"retryDelay\":\"3600s\"`, "2026-11-27T12:57:00.000Z"],
  [`"retryDelay": "57.238747106s"`, "2026-11-27T11:57:57.239Z"],
  ["  retryDelayMs: 37123.4,", "2026-11-27T11:57:37.123Z"],
  ["You exceeded your current quota. Please retry in 30.5s.", "2026-11-27T11:57:30.500Z"],
  ["on requests per day (RPD): Limit 200. Please try again in 6m0s. Visit …", "2026-11-27T12:03:00.000Z"],
  ["Please try again in 1h2m3.5s.", "2026-11-27T12:59:03.500Z"],
  ["Please try again in 350ms.", "2026-11-27T11:57:00.350Z"],
  ["You've hit your usage limit. Try again in 5 days 22 hours 11 minutes.", "2026-12-03T10:08:00.000Z"],
  ["or try again in 3 days, 6 hours and 57 minutes.", "2026-11-30T18:54:00.000Z"],
  [
    "You have exhausted your capacity on this model. Your quota will reset after 12h34m16s.",
    "2026-11-28T00:31:16.000Z"
  ],
  ["usage limit reached, resets in 2h", "2026-11-27T13:57:00.000Z"],
  [`{"error":{"type":"usage_limit_reached","resets_in_seconds": 7200}}`, "2026-11-27T13:57:00.000Z"],
  [`{"type":"usage_limit_reached","resets_at":1795791600}`, "2026-11-27T15:00:00.000Z"],
  ["Claude AI usage limit reached|1795791600", "2026-11-27T15:00:00.000Z"],
  [`"resetsAt":1795791600000`, "2026-11-27T15:00:00.000Z"],
  ["5-hour limit reached ∙ resets 3pm", "2026-11-27T14:00:00.000Z"],
  ["You've hit your limit · resets 4:50am (Europe/Rome)", "2026-11-28T03:50:00.000Z"],
  ["You've hit your session limit · resets 12:50am (America/Los_Angeles)", "2026-11-28T08:50:00.000Z"],
  ["Claude usage limit reached. Your limit will reset at 1pm (Etc/GMT+5).", "2026-11-27T18:00:00.000Z"],
  ["Your limit will reset at 15:00", "2026-11-27T14:00:00.000Z"],
  ["purchase more credits or try again at 3:28 PM.", "2026-11-27T14:28:00.000Z"],
  ["Weekly limit reached ∙ resets Dec 2, 5pm", "2026-12-02T16:00:00.000Z"],
  ["You've hit your weekly limit · resets Dec 2 at 3am (UTC)", "2026-12-02T03:00:00.000Z"],
  ["Weekly limit reached ∙ resets Dec 2", "2026-12-01T23:00:00.000Z"],
  ["try again at Dec 1st, 2026 12:30 PM", "2026-12-01T11:30:00.000Z"],
  ["Weekly/Monthly Limit Exhausted. Your limit will reset at 2026-11-28 02:06:16", "2026-11-28T01:06:16.000Z"],
  ["You can resume using this model at 2026-11-27T14:00:00Z.", "2026-11-27T14:00:00.000Z"],
  ["reset at 2026-11-27T14:00:00+02:00", "2026-11-27T12:00:00.000Z"],
  ["anthropic-ratelimit-requests-reset: 2026-11-27T12:00:00Z", "2026-11-27T12:00:00.000Z"],
  ["tests retry 3 times. Retry-After: 60", "2026-11-27T11:58:00.000Z"]
]

describe("the time at which a limit ends, as services and agents say it", () => {
  for (const [text, expected] of SAID) it(text, () => assert.strictEqual(read(text), expected))

  it("a time of day is that of tomorrow if it has passed, but not within the hour in which it passed", () => {
    assert.strictEqual(read("resets 11am"), "2026-11-28T10:00:00.000Z")
    assert.isUndefined(read("resets 12:30pm"))
  })

  it("a date without a year is of the next year after New Year's Eve", () => {
    const eve = at("2026-12-30T12:00:00Z")
    assert.strictEqual(
      resetTime("resets Jan 2, 3am (UTC)", eve, () => BERLIN),
      at("2027-01-02T03:00:00Z")
    )
  })
})

describe("what names no such time", () => {
  for (const text of [
    "",
    "Rate limit reached for m1",
    "reset",
    "retry 5 times",
    "retry after a while",
    "resets 25:00",
    "resets 13pm",
    "Retry-After: 0",
    "the build takes 20s",
    "limit reached|1495791600",
    "try again in 9 days",
    "try again at Sep 23rd, 2027 1:00 PM",
    "Retry-After: 99999999",
    `${"x".repeat(9000)} Retry-After: 60`
  ])
    it(text.slice(-60), () => assert.isUndefined(read(text)))
})

it("any words give a time within the next 8 days, or none", () => {
  const part = fc.constantFrom(
    ..."resets retry after in at : 3pm 20s 1795791600 2026-11-28 15:00 (UTC) Dec 99 5h".split(" ")
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(part, fc.string()), { maxLength: 12 }), (parts) => {
      const found = resetTime(parts.join(" "), NOW, () => BERLIN)
      assert.isTrue(found === undefined || (found > NOW && found <= NOW + 8 * 86_400_000 && Number.isFinite(found)))
    }),
    { numRuns: 1000 }
  )
})
