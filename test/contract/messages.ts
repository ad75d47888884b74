export * from "../../src/testing/contract/messages.ts"
