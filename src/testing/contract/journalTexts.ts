import { Effect } from "effect"
import { Ack } from "../../domain/Ack.ts"
import { ackOf, endingOf } from "../../domain/Attempt.ts"
import type { AttemptStep } from "../../domain/attemptSteps.ts"
import { REDACTED } from "../../domain/environmentSecrets.ts"
import { PromptFile } from "../../domain/PromptFile.ts"
import { Workspace } from "../../domain/Workspace.ts"
import { Journal } from "../../journal/Journal.ts"
import { assert } from "./assert.ts"
import { bug, intentOf, opencode, plain, RUN, STEPS } from "./attempts.ts"
import { alert, report, type JournalCheck } from "./journalWorld.ts"
import { NASTY_TEXT } from "./support.ts"

/** Which texts a journal keeps unchanged, and which it must not keep. */
export const texts = (check: JournalCheck): void => {
  check(
    "keeps no secret of a tool's output, and every id, path and hash unchanged",
    Effect.gen(function* () {
      const journal = yield* Journal
      // In parts, so that no secret scanner reports this file.
      const token = ["gh", "p_", "abcdefghij0123456789ABCDEFGHIJ012345"].join("")
      const failure = { code: "runner_error", blame: "runner", detail: `fatal: ${token} refused` } as const
      const intent = {
        ...intentOf(1),
        digest: token,
        repository: { name: token, path: `/src/${token}` }
      }
      const workspace = new Workspace({ path: `/tmp/${token}`, branch: `fix/${token}`, base: token, reused: false })
      const prompt = new PromptFile({ beads: bug, path: `/tmp/${token}.prompt` })
      const ack = Ack.make({ beads: bug, provider: opencode, runInstance: token, log: token, how: "started" })
      yield* journal.intend(intent)
      const answers = yield* Effect.forEach(
        [
          STEPS.Claimed,
          { _tag: "WorkspaceMade", workspace },
          { _tag: "Prompted", prompt },
          { _tag: "Starting", provider: opencode, previousRun: token },
          { _tag: "Acknowledged", ack },
          { _tag: "Ending", end: "failed", ...failure },
          { _tag: "Settled", end: "failed", ...failure }
        ] satisfies ReadonlyArray<AttemptStep>,
        (step) => journal.advance(intent.actor, step)
      )
      const [kept, last] = [(yield* journal.of(bug))[0], answers.at(-1)]
      assert(kept !== undefined && last !== undefined)
      assert.deepStrictEqual(plain(last), plain(kept), "it returns what it has written")
      assert.strictEqual(endingOf(kept)?.detail, `fatal: ${REDACTED} refused`)
      assert.strictEqual(ackOf(kept)?.log, REDACTED)
      assert.deepInclude(plain(kept), {
        ...intent,
        workspace: { ...workspace },
        prompt: { ...prompt },
        previousRun: token
      })
      assert.strictEqual(ackOf(kept)?.runInstance, token)
      yield* journal.notice(alert("k", `see ${token}`))
      assert.deepStrictEqual(
        (yield* journal.notices).map(({ text }) => text),
        [`see ${REDACTED}`]
      )
    })
  )

  check(
    "any text is read back unchanged",
    Effect.gen(function* () {
      const journal = yield* Journal
      const texts = [
        NASTY_TEXT,
        "",
        "'; DROP TABLE attempts; --",
        "NUL \u0000 in the middle, and at the end \u0000",
        "\r\n\u2028\u2029\u0085\u001b[31m\ufeff",
        "half of an emoji \ud83d",
        "🐛".repeat(100),
        `${NASTY_TEXT}`.repeat(1_000).slice(0, 100 * 1024)
      ]
      for (const [n, text] of texts.entries()) {
        const intent = { ...intentOf(n + 1), digest: text, repository: { name: text, path: `/src/${text}` } }
        yield* journal.intend(intent)
        yield* journal.advance(intent.actor, { _tag: "Settled", end: "lost", blame: "host", detail: text })
        assert.isTrue(yield* journal.notice(alert(`key ${n}`, text)))
      }
      yield* journal.begin({ run: RUN, host: NASTY_TEXT, at: 0 })
      yield* journal.end(report(RUN, texts.join()))
      assert.deepStrictEqual(
        (yield* journal.of(bug)).map((attempt) => [endingOf(attempt)?.detail, attempt.digest, attempt.repository]),
        texts.map((text) => [text, text, { name: text, path: `/src/${text}` }])
      )
      assert.deepStrictEqual(
        (yield* journal.notices).map(({ text }) => text),
        texts
      )
      assert.isTrue(yield* journal.notice(alert(NASTY_TEXT)))
      assert.isFalse(yield* journal.notice(alert(NASTY_TEXT)))
    })
  )
}
