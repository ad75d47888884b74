import { Context, Effect, Layer } from "effect"
import { BeadsId } from "../../src/domain/Ids.ts"
import { PromptFile } from "../../src/domain/PromptFile.ts"
import { Workspace } from "../../src/domain/Workspace.ts"
import { ProviderName } from "../../src/domain/Provider.ts"
import type { ForegroundSpec } from "../../src/exec/Exec.ts"
import {
  contract,
  FakeBeads,
  FakeBeadsState,
  FakeExec,
  FakePrompts,
  FakePromptsState,
  FakeRunner,
  FakeRunnerState,
  FakeVerifier,
  FakeVerifierState,
  FakeWorkspaces,
  FakeWorkspacesState
} from "../../src/testing/index.ts"
import { beadsContract } from "../contract/beadsContract.ts"
import { keeps } from "../contract/keeps.ts"
import { promptContract } from "../contract/promptContract.ts"
import { runnerContract, type ProviderKind } from "../contract/runnerContract.ts"
import { newAttempt } from "../contract/support.ts"
import { LAST_LINE, verifierContract } from "../contract/verifierContract.ts"
import { workspaceContract } from "../contract/workspaceContract.ts"

beadsContract("FakeBeads", (seed) =>
  Effect.gen(function* () {
    const issues = seed.map(({ closedAt, createdAt, ...rest }) => ({
      ...rest,
      createdAt: Date.parse(createdAt ?? "2026-01-01T00:00:00Z"),
      closedAt: closedAt === undefined ? undefined : Date.parse(closedAt)
    }))
    const context = yield* Layer.build(FakeBeads.layer({ issues }))
    const state = Context.get(context, FakeBeadsState)
    return {
      layer: Layer.succeedContext(context),
      elsewhere: {
        claim: (id, assignee) => state.edit(id, { status: "in_progress", assignee }),
        close: (id) => state.edit(id, { status: "closed", closedAt: 1 }),
        read: (id) =>
          Effect.map(state.issues, (all) => {
            const { assignee, status } = all.find((issue) => issue.id === id) ?? FakeBeads.issue({ id, status: "gone" })
            return { assignee, status }
          }),
        comments: (id) =>
          Effect.map(state.comments, (all) => all.filter((comment) => comment.id === id).map(({ text }) => text))
      }
    }
  })
)

/** The commands of the contract: `sh` with a script that ends with an exit code. */
const exitCodeIn = ({ args, command }: ForegroundSpec): number | undefined =>
  command === "sh" ? Number(/exit (\d+)/.exec(args.join(" "))?.[1] ?? 0) : undefined

keeps("FakeExec", contract.foreground(Effect.sync(() => ({ layer: FakeExec.layer({ foreground: exitCodeIn }) }))))

const named = (name: string) => ({ name: ProviderName.make(name) })

runnerContract(
  "FakeRunner",
  Effect.gen(function* () {
    const providers = {
      broken: { broken: "Canonical model unavailable" },
      fails: { exitCode: 3 },
      refused: {
        exitCode: 1,
        says: { words: "No credit.", reason: "unauthorised", needs: { kind: "login" as const, next: "log in" } }
      },
      full: { slots: 0 }
    }
    const context = yield* Layer.build(FakeRunner.layer({ providers }))
    const state = Context.get(context, FakeRunnerState)
    return {
      layer: Layer.succeedContext(context),
      provider: (kind: ProviderKind) => named(kind),
      request: (beads, provider) =>
        Effect.succeed({
          beads,
          provider,
          prompt: new PromptFile({ beads, path: `/fake/${beads}.prompt` }),
          workspace: new Workspace({ path: `/fake/agents/${beads}`, reused: false }),
          repo: "app",
          previousRun: undefined,
          attempt: newAttempt(),
          onLaunch: () => Effect.void
        }),
      finish: (id) => state.finish(id),
      agentAlive: (id) =>
        Effect.map(state.jobs, (jobs) => jobs.some((job) => job.beads === id && job.phase === "running")),
      full: Effect.succeed(named("full"))
    }
  })
)

promptContract(
  "FakePrompts",
  Effect.gen(function* () {
    const context = yield* Layer.build(FakePrompts.layer())
    const state = Context.get(context, FakePromptsState)
    const find = (path: string) => Effect.map(state.files, (files) => files.find(({ file }) => file.path === path))
    return {
      layer: Layer.succeedContext(context),
      exists: (path) => Effect.map(find(path), (prompt) => prompt !== undefined),
      mode: (path) => Effect.map(find(path), (prompt) => (prompt === undefined ? 0 : 0o600)),
      read: (path) => Effect.map(find(path), (prompt) => prompt?.text ?? "no such file"),
      remove: state.remove
    }
  })
)

workspaceContract(
  "FakeWorkspaces",
  Effect.gen(function* () {
    const context = yield* Layer.build(FakeWorkspaces.layer({ unusable: ["not-a-repo"] }))
    const state = Context.get(context, FakeWorkspacesState)
    const repository = { name: "app", path: "/fake/home/app" }
    return {
      layer: Layer.succeedContext(context),
      repository,
      exists: (path) =>
        Effect.map(
          Effect.all([state.workspaces, state.bases]),
          ([all, bases]) => path === repository.path || bases.has(path) || all.some((each) => each.path === path)
        ),
      leaveFile: state.leaveWork,
      commit: state.leaveWork,
      unusable: { name: "not-a-repo", path: "/fake/home/not-a-repo" }
    }
  })
)

verifierContract(
  "FakeVerifier",
  Effect.gen(function* () {
    const checks = { "bd-fails": { exitCode: 3, lines: [LAST_LINE] } }
    const context = yield* Layer.build(FakeVerifier.layer({ checks }))
    const state = Context.get(context, FakeVerifierState)
    const each = (act: (id: string) => Effect.Effect<void>) =>
      Effect.flatMap(state.checks, (all) => Effect.forEach(all.keys(), act, { discard: true }))
    return {
      layer: Layer.succeedContext(context),
      request: (kind) => ({
        beads: BeadsId.make(`bd-${kind}`),
        command: ["npm", "test"],
        worktree: "/fake/agents/bd-1"
      }),
      other: "/fake/agents/+base-bd-1",
      finish: each((id) => state.finish(id)),
      crash: each((id) => state.turn(id, { phase: "gone", why: "it crashed" }))
    }
  })
)
