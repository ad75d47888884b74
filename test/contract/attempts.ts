// Does not import the test runner: processes that a test starts import this file too.
export * from "../../src/testing/contract/attempts.ts"
