import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { normalise } from "../../../src/dispatch/plan/normalise.ts"
import { signature } from "../../../src/dispatch/plan/signature.ts"
import { issue } from "./support.ts"

const byTitle = (title: string) => signature({ title, description: "" })

const DIFFERENT: ReadonlyArray<readonly [string, string]> = [
  ["HTTP 404 on /login", "HTTP 500 on /login"],
  ["HTTP/1.1 404 on /login", "HTTP/1.1 500 on /login"],
  ["404 on /login", "500 on /login"],
  ["GET /login gives 404", "GET /login gives 500"],
  ["GET /login: 502 Bad Gateway", "GET /login: 504 Bad Gateway"],
  ["Request failed with status code 401", "Request failed with status code 403"],
  ["{statusCode: 404}", "{statusCode: 409}"],
  ["E1234 when saving", "E1235 when saving"],
  ["error TS2345: no", "error TS2322: no"],
  ["ORA-00942: table or view", "ORA-00943: table or view"],
  ["CVE-2024-1234 in a library", "CVE-2024-1235 in a library"],
  ["OSError: [Errno 13] denied", "OSError: [Errno 28] denied"],
  ["ERROR 1045 (28000)", "ERROR 1049 (42000)"],
  ["SQLSTATE[42S02]", "SQLSTATE[23000]"],
  ["the build ends with exit code 137", "the build ends with exit code 1"],
  ["exited with 137", "exited with 139"],
  ["killed by signal 11", "killed by signal 6"],
  ["SIGSEGV 11", "SIGSEGV 12"],
  ["fails with HRESULT 0x80070005", "fails with HRESULT 0x80004005"],
  ["Python 3.9 cannot import it", "Python 3.12 cannot import it"],
  ["breaks on Node 18", "breaks on Node 20"],
  ["wrong since v2.0.1", "wrong since v2.1.0"],
  ["int32 overflows", "int64 overflows"],
  ["utf8 text is lost", "utf16 text is lost"]
]

const SAME: ReadonlyArray<readonly [string, string]> = [
  ["crash in file.js:12:5", "crash in file.js:404:7"],
  ["crash at line 12", "crash at line 404"],
  ["crash in app.ts(12,5)", "crash in app.ts(13,6)"],
  ["crash at 0x7ffee", "crash at 0x7fff2"],
  ["crash at 2026-11-22T03:00:00Z", "crash at 2026-11-23T04:05:06.789+02:00"],
  ["crash at 2026-11-22 03:00", "crash at 2026-11-23 04:10"],
  ["crash on Nov 22 03:00:00", "crash on Dec 1 04:10:11"],
  ["crash at 03:00:01", "crash at 13:10:11,123"],
  ["crash at 1790000000", "crash at 1790000017"],
  ["crash of [pid 1234]", "crash of [pid 500]"],
  ["worker-12 crashed", "worker-7 crashed"],
  ["Thread-3 crashed", "Thread-14 crashed"],
  ["it took 153 ms", "it took 404 ms"],
  ["it took 1.5s", "it took 22.75s"],
  ["timeout after 30 seconds", "timeout after 500 seconds"],
  ["it needs 12 MB", "it needs 500 MB"],
  ["index 5 out of range", "index 404 out of range"],
  ["cannot load /users/123", "cannot load /users/456"],
  ["cannot load /users/404/photo", "cannot load /users/500/photo"],
  ["cannot load user 404", "cannot load user 500"],
  ["no answer from localhost:8080", "no answer from localhost:443"],
  ["no answer from 10.0.0.5", "no answer from 10.0.12.7"],
  ["no answer from 10.0.0.5:5432", "no answer from 10.0.12.7:5433"],
  ["commit 1a2b3c4 breaks it", "commit 9f8e7d6 breaks it"],
  ["object deadbeefcafe", "object 0123456789ab"],
  ["request 123e4567-e89b-12d3-a456-426614174000 fails", "request 00000000-0000-4000-8000-000000000001 fails"],
  ["request req_8f3kz01x fails", "request req_77qab2z9 fails"],
  ["expected 3 arguments, got 5", "expected 2 arguments, got 7"],
  ["Crash   on LOAD", "crash on load"]
]

describe("the signature of a bug", () => {
  for (const [one, other] of DIFFERENT) {
    it(`differs: ${one} | ${other}`, () => assert.notStrictEqual(byTitle(one), byTitle(other)))
  }
  for (const [one, other] of SAME) {
    it(`is the same: ${one} | ${other}`, () => assert.strictEqual(byTitle(one), byTitle(other)))
  }

  it("normalises an error line and its first frame", () => {
    const description = "x\nTypeError: cannot read 'id' of undefined\n    at parse (src/parse.js:17:7)\n"
    assert.strictEqual(
      signature({ title: "t", description }),
      "typeerror: cannot read 'id' of undefined | at parse (src/parse.js:#:#)"
    )
    assert.strictEqual(normalise("HTTP 404 on /users/17 after 153 ms"), "http 404 on /users/# after #")
  })

  it("differs for two bugs in few words whose descriptions differ", () => {
    const crash = (title: string, description: string) => signature({ title, description })
    assert.notStrictEqual(crash("crash", "when I save"), crash("crash", "on the login page"))
    assert.notStrictEqual(crash("crash", "when I save"), crash("crash!", "on the login page"))
    assert.notStrictEqual(crash("Error 17", "Error: x\nwhen I save"), crash("Error 18", "Error: x\nat login"))
    assert.strictEqual(crash("crash", "after 153 ms"), crash("Crash", "after 7 ms"))
    assert.strictEqual(crash("crash", ""), crash("crash", ""))
    assert.strictEqual(crash("crash on load", "when I save"), crash("crash on load", "seen again"))
  })

  const word = fc.stringMatching(/^[g-z]{2,8}$/)
  it("of a title in few words is the same exactly if the descriptions are", () =>
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 2 }), fc.string(), fc.string(), (words, one, other) => {
        const title = words.join(" ")
        fc.pre(!/error|exception|panic|failed|traceback|fault/i.test(`${one} ${other}`))
        assert.strictEqual(
          signature({ title, description: one }) === signature({ title, description: other }),
          normalise(one) === normalise(other)
        )
      })
    ))

  const id = fc.stringMatching(/^bd-[a-z0-9]{1,10}(\.[0-9]{1,2})?$/)
  it("differs for each two issues of the fake tracker that say nothing but their ids", () =>
    fc.assert(
      fc.property(id, id, (one, other) => {
        fc.pre(one !== other)
        assert.notStrictEqual(signature(issue({ id: one })), signature(issue({ id: other })))
      })
    ))
})
