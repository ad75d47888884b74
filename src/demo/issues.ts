import { DateTime } from "effect"
import { BeadsId } from "../domain/Ids.ts"
import type { SkipReason } from "../domain/Outcome.ts"

/** A bug that the demo repairs: the test that fails because of it, and the message of that failure. */
export interface DemoBug {
  readonly id: BeadsId
  readonly test: string
  readonly symptom: string
}

const CART = BeadsId.make("shop-4k2")
const MONEY = BeadsId.make("shop-9fd")
const REPORT = BeadsId.make("shop-c1x")
const DUPLICATE = BeadsId.make("shop-e07")
const BLOCKED = BeadsId.make("shop-h5m")
const ASSIGNED = BeadsId.make("shop-m3q")
const MINOR = BeadsId.make("shop-p8s")
const CLOSED = BeadsId.make("shop-t6v")

/** The bugs that the run must dispatch. */
export const BUGS: ReadonlyArray<DemoBug> = [
  { id: CART, test: "test/cart.test.js", symptom: "Cannot read properties of undefined (reading 'percent')" },
  { id: MONEY, test: "test/money.test.js", symptom: "not an amount: 1,250,000.00" },
  { id: REPORT, test: "test/report.test.js", symptom: "no page 3, there are 2" }
]

/** The issues that the run must leave alone, and why. */
export const LEFT_ALONE: ReadonlyArray<readonly [id: BeadsId, reason: SkipReason]> = [
  [DUPLICATE, "duplicate"],
  [BLOCKED, "blocked"],
  [ASSIGNED, "assigned"],
  [MINOR, "priority"],
  [CLOSED, "not_open"]
]

const DAY = 86_400_000

/** The demo's tracker, `.beads/issues.jsonl`, as of `now` (milliseconds since the epoch). */
export const issuesFile = (now: number): string => {
  const ago = (days: number): string => DateTime.formatIso(DateTime.unsafeMake(now - days * DAY))
  const bug = (id: string, priority: number, days: number, title: string, report: ReadonlyArray<string>, more = {}) =>
    JSON.stringify({
      id,
      title,
      description: report.join("\n"),
      status: "open",
      priority,
      issue_type: "bug",
      created_at: ago(days),
      updated_at: ago(days),
      ...more
    })
  const lines = [
    bug(CART, 0, 2, "Checkout crashes on a cart without a coupon", [
      "Since Tuesday's release nobody can pay who has no coupon.",
      "",
      "TypeError: Cannot read properties of undefined (reading 'percent')",
      "    at discount (src/cart.js:8:40)",
      "    at total (src/cart.js:4:16)",
      "",
      "Steps: fill a cart, enter no coupon, pay. test/cart.test.js shows it."
    ]),
    bug(MONEY, 1, 6, "Amounts from a million up are rejected", [
      "The wholesale import stops at the first large invoice.",
      "",
      "RangeError: not an amount: 1,250,000.00",
      "    at parseAmount (src/money.js:4:34)",
      "",
      "Smaller amounts work, 1,250.00 for one. test/money.test.js shows it."
    ]),
    bug(REPORT, 1, 5, "The last page of the order report is missing", [
      "With 45 orders and 20 on a page the link to page 3 leads to a crash.",
      "",
      "RangeError: no page 3, there are 2",
      "    at page (src/report.js:4:43)",
      "",
      "test/report.test.js shows it."
    ]),
    bug(DUPLICATE, 1, 1, "Error page after 'Pay now'", [
      "Three customers called. From the server's log:",
      "",
      "TypeError: Cannot read properties of undefined (reading 'percent')",
      "    at discount (src/cart.js:11:42)"
    ]),
    bug(
      BLOCKED,
      1,
      4,
      "Receipts print the wrong tax rate",
      ["Food is charged 19 % since the rates moved. Wait for the new table before touching this."],
      { dependencies: [{ issue_id: BLOCKED, depends_on_id: MINOR, type: "blocks", created_at: ago(4) }] }
    ),
    bug(ASSIGNED, 0, 3, "Card terminal times out on Fridays", ["Ask the vendor."], {
      assignee: "another-agent",
      status: "in_progress"
    }),
    bug(MINOR, 2, 9, "Tax rates are written down in two places", ["And they differ. One table, please."]),
    bug(CLOSED, 1, 12, "Prices show without currency", ["Fixed with the new template."], {
      status: "closed",
      closed_at: ago(10)
    })
  ]
  return `${lines.join("\n")}\n`
}
