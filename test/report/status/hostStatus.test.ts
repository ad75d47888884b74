import { assert, describe, it } from "@effect/vitest"
import { DateTime, Either } from "effect"
import { hostStatusText, hostStatusView, type SeenRepository } from "../../../src/report/status/hostStatus.ts"

const frame = {
  now: 0,
  zone: () => DateTime.zoneMakeOffset(0),
  width: undefined,
  color: false,
  program: "nightly-dispatch"
}
const unknown = (name: string, path: string, exit: number): SeenRepository => ({
  name,
  path,
  stateDir: `/state${path}`,
  program: "nightly-dispatch",
  status: Either.left({ failure: { where: path, what: "the settings have a mistake", next: "Mend it" }, exit })
})

describe("the status of all repositories of a host", () => {
  it("tells two of one name apart by their paths, and says why the state of each is unknown", () => {
    const seen = [unknown("app", "/src/app", 5), unknown("app", "/old/app", 6), unknown("web", "/src/web", 5)]
    assert.strictEqual(
      hostStatusText(seen, ["/repositories/0.json: no JSON"], frame, { all: false, host: "vm-1" }),
      `3 repositories on vm-1
  repository      last run  jobs  needs you  next run
  app (/src/app)  unknown      -          -  see below
  app (/old/app)  unknown      -          -  see below
  web             unknown      -          -  see below
  /repositories/0.json: no JSON

● app (/src/app)
  /src/app: the settings have a mistake. Mend it

● app (/old/app)
  /old/app: the settings have a mistake. Mend it

● web (/src/web)
  /src/web: the settings have a mistake. Mend it`
    )
    const view = hostStatusView(seen, { host: "vm-1", now: 7, unreadable: [] })
    assert.deepStrictEqual([view.exit, view.repositories[1]?.error?.exit, view.at], [6, 6, 7])
  })

  it("fails if an entry cannot be read, even if no other is known", () => {
    assert.strictEqual(hostStatusView([], { host: "vm-1", now: 0, unreadable: ["broken"] }).exit, 6)
    assert.strictEqual(hostStatusView([], { host: "vm-1", now: 0, unreadable: [] }).exit, 0)
  })
})
