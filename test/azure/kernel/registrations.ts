import { gatewayError } from "./errors.ts";
import type { Settings } from "./settings.ts";

/** Which resource providers a subscription may use: all but those that the settings take out and nobody has registered since. */
export class Registrations {
  readonly #settings: Settings;
  readonly #registered = new Set<string>();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  isRegistered(subscriptionId: string, namespace: string): boolean {
    const isLeftOut = this.#settings.unregisteredProviders.some((one) => one.toLowerCase() === namespace.toLowerCase());
    return !isLeftOut || this.#registered.has(keyOf(subscriptionId, namespace));
  }

  register(subscriptionId: string, namespace: string): void {
    this.#registered.add(keyOf(subscriptionId, namespace));
  }

  /** Refuses what needs a provider that the subscription has not registered (arm.md 2.5). */
  check(subscriptionId: string, namespace: string): void {
    if (this.isRegistered(subscriptionId, namespace)) return;
    throw gatewayError(
      409,
      "MissingSubscriptionRegistration",
      `The subscription is not registered to use namespace '${namespace}'. See https://aka.ms/rps-not-found for how to register subscriptions.`,
    );
  }
}

function keyOf(subscriptionId: string, namespace: string): string {
  return `${subscriptionId}/${namespace}`.toLowerCase();
}
