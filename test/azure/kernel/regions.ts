/** Regions by name, with the display name that some providers print instead (arm.md 2.2). */
const displayNames: Readonly<Record<string, string>> = {
  australiaeast: "Australia East",
  brazilsouth: "Brazil South",
  canadacentral: "Canada Central",
  centralindia: "Central India",
  centralus: "Central US",
  eastasia: "East Asia",
  eastus: "East US",
  eastus2: "East US 2",
  francecentral: "France Central",
  germanywestcentral: "Germany West Central",
  italynorth: "Italy North",
  japaneast: "Japan East",
  koreacentral: "Korea Central",
  northcentralus: "North Central US",
  northeurope: "North Europe",
  norwayeast: "Norway East",
  polandcentral: "Poland Central",
  southafricanorth: "South Africa North",
  southcentralus: "South Central US",
  southeastasia: "Southeast Asia",
  spaincentral: "Spain Central",
  swedencentral: "Sweden Central",
  switzerlandnorth: "Switzerland North",
  uaenorth: "UAE North",
  uksouth: "UK South",
  ukwest: "UK West",
  westcentralus: "West Central US",
  westeurope: "West Europe",
  westus: "West US",
  westus2: "West US 2",
  westus3: "West US 3",
};

/** Every region's name. */
export const regions: readonly string[] = Object.keys(displayNames);

/** A location as regions are named: `West US 2` and `westus2` are the same. */
export function regionName(location: string): string {
  return location.replaceAll(" ", "").toLowerCase();
}

/** The display name of a location; the location itself when the region is unknown. */
export function regionDisplayName(location: string): string {
  return displayNames[regionName(location)] ?? location;
}
