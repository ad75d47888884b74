import { plan, type PlanInput } from "../../../src/dispatch/plan/plan.ts"
import { NO_BUDGET } from "../../../src/domain/Budget.ts"
import { NEVER_TRIED } from "../../../src/domain/History.ts"
import { noPolicy } from "../../../src/domain/PlanPolicy.ts"
import { MAX_PARALLEL } from "../../../src/domain/Settings.ts"
import { Intake } from "../../../src/domain/Issue.ts"
import { FakeBeads } from "../../../src/testing/index.ts"
import { settings } from "../support.ts"

export const { issue } = FakeBeads
export const NOW = 1_000_000

/** The plan for these issues. Without `input`: nothing runs, no bug has a history, and the runner takes every prompt. */
export const planned = (
  issues: ReadonlyArray<FakeBeads.FakeIssue>,
  input: Partial<PlanInput> & { set?: Record<string, unknown> } = {}
) =>
  plan({
    intake: new Intake({ issues: issues.map(issue), malformed: [] }),
    settings: settings(input.set),
    policy: noPolicy,
    maxParallel: settings(input.set).limits.maxParallel ?? MAX_PARALLEL,
    running: new Set(),
    unsettled: new Set(),
    underWay: [],
    foundWork: new Map(),
    history: () => NEVER_TRIED,
    promptRefusal: () => undefined,
    doubtful: new Set(),
    night: NO_BUDGET,
    overBudget: () => undefined,
    busy: undefined,
    now: NOW,
    ...input
  })

export const ids = (chosen: ReadonlyArray<{ readonly id: string }>) => chosen.map(({ id }) => id)
