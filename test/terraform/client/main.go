// Does what a Terraform configuration of an identity, a container group and a role assignment comes to, by the SDK that Terraform's azurerm
// provider is made of: finds the cloud by its metadata endpoint, logs in by a client secret, creates, waits, reads, and destroys in reverse.
// Prints what it saw, a line for each step.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/go-azure-helpers/lang/pointer"
	"github.com/hashicorp/go-azure-helpers/lang/response"
	"github.com/hashicorp/go-azure-helpers/resourcemanager/commonids"
	"github.com/hashicorp/go-azure-helpers/resourcemanager/identity"
	"github.com/hashicorp/go-azure-sdk/resource-manager/authorization/2022-04-01/roleassignments"
	"github.com/hashicorp/go-azure-sdk/resource-manager/containerinstance/2025-09-01/containerinstance"
	"github.com/hashicorp/go-azure-sdk/resource-manager/managedidentity/2024-11-30/federatedidentitycredentials"
	"github.com/hashicorp/go-azure-sdk/resource-manager/managedidentity/2024-11-30/identities"
	"github.com/hashicorp/go-azure-sdk/resource-manager/resources/2023-07-01/resourcegroups"
	"github.com/hashicorp/go-azure-sdk/sdk/auth"
	"github.com/hashicorp/go-azure-sdk/sdk/environments"
)

const (
	group  = "msdocs-identity-example"
	region = "westeurope"
	reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
	grant  = "c0000000-0000-4000-8000-000000000001"
)

type cloud struct {
	subscription string
	identities   *identities.IdentitiesClient
	credentials  *federatedidentitycredentials.FederatedIdentityCredentialsClient
	groups       *containerinstance.ContainerInstanceClient
	grants       *roleassignments.RoleAssignmentsClient
	resources    *resourcegroups.ResourceGroupsClient
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	at, err := login(ctx)
	if err != nil {
		return err
	}
	if err := at.create(ctx); err != nil {
		return err
	}
	return at.destroy(ctx)
}

func login(ctx context.Context) (*cloud, error) {
	env, err := environments.FromEndpoint(ctx, "https://"+os.Getenv("ARM_METADATA_HOSTNAME"))
	if err != nil {
		return nil, err
	}
	authorizer, err := auth.NewAuthorizerFromCredentials(ctx, auth.Credentials{
		Environment:                           *env,
		TenantID:                              os.Getenv("ARM_TENANT_ID"),
		ClientID:                              os.Getenv("ARM_CLIENT_ID"),
		ClientSecret:                          os.Getenv("ARM_CLIENT_SECRET"),
		EnableAuthenticatingUsingClientSecret: true,
	}, env.ResourceManager)
	if err != nil {
		return nil, err
	}
	at := &cloud{subscription: os.Getenv("ARM_SUBSCRIPTION_ID")}
	var errs [5]error
	at.identities, errs[0] = identities.NewIdentitiesClientWithBaseURI(env.ResourceManager)
	at.credentials, errs[1] = federatedidentitycredentials.NewFederatedIdentityCredentialsClientWithBaseURI(env.ResourceManager)
	at.groups, errs[2] = containerinstance.NewContainerInstanceClientWithBaseURI(env.ResourceManager)
	at.grants, errs[3] = roleassignments.NewRoleAssignmentsClientWithBaseURI(env.ResourceManager)
	at.resources, errs[4] = resourcegroups.NewResourceGroupsClientWithBaseURI(env.ResourceManager)
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	at.identities.Client.SetAuthorizer(authorizer)
	at.credentials.Client.SetAuthorizer(authorizer)
	at.groups.Client.SetAuthorizer(authorizer)
	at.grants.Client.SetAuthorizer(authorizer)
	at.resources.Client.SetAuthorizer(authorizer)
	fmt.Println("cloud:", env.Name)
	return at, nil
}

func (at *cloud) groupID() commonids.ResourceGroupId {
	return commonids.NewResourceGroupID(at.subscription, group)
}

func (at *cloud) identityID() commonids.UserAssignedIdentityId {
	return commonids.NewUserAssignedIdentityID(at.subscription, group, "web")
}

func (at *cloud) credentialID() federatedidentitycredentials.FederatedIdentityCredentialId {
	return federatedidentitycredentials.NewFederatedIdentityCredentialID(at.subscription, group, "web", "cluster")
}

func (at *cloud) containersID() containerinstance.ContainerGroupId {
	return containerinstance.NewContainerGroupID(at.subscription, group, "web")
}

func (at *cloud) grantID() roleassignments.ScopedRoleAssignmentId {
	return roleassignments.NewScopedRoleAssignmentID(at.groupID().ID(), grant)
}

func (at *cloud) create(ctx context.Context) error {
	if _, err := at.resources.CreateOrUpdate(ctx, at.groupID(), resourcegroups.ResourceGroup{Location: region}); err != nil {
		return err
	}
	made, err := at.identities.UserAssignedIdentitiesCreateOrUpdate(ctx, at.identityID(), identities.Identity{Location: region, Tags: &map[string]string{"team": "blue"}})
	if err != nil {
		return err
	}
	id, err := commonids.ParseUserAssignedIdentityIDInsensitively(pointer.From(made.Model.Id))
	if err != nil {
		return err
	}
	fmt.Println("identity:", id.UserAssignedIdentityName, len(pointer.From(made.Model.Properties.PrincipalId)), len(pointer.From(made.Model.Properties.ClientId)))
	trust := federatedidentitycredentials.FederatedIdentityCredentialProperties{Issuer: "https://issuer.example", Subject: "system:serviceaccount:web:web", Audiences: []string{"api://AzureADTokenExchange"}}
	if _, err := at.credentials.CreateOrUpdate(ctx, at.credentialID(), federatedidentitycredentials.FederatedIdentityCredential{Properties: &trust}); err != nil {
		return err
	}
	listed, err := at.credentials.ListComplete(ctx, at.identityID(), federatedidentitycredentials.DefaultListOperationOptions())
	if err != nil {
		return err
	}
	fmt.Println("credentials:", len(listed.Items), listed.Items[0].Properties.Subject)
	principal, err := at.createContainers(ctx)
	if err != nil {
		return err
	}
	return at.createGrant(ctx, principal)
}

func (at *cloud) createContainers(ctx context.Context) (string, error) {
	both := identity.SystemAndUserAssignedMap{Type: identity.TypeSystemAssignedUserAssigned, IdentityIds: map[string]identity.UserAssignedIdentityDetails{at.identityID().ID(): {}}}
	container := containerinstance.Container{Name: "web", Properties: containerinstance.ContainerProperties{
		Image:     pointer.To("mcr.microsoft.com/dotnet/samples:aspnetapp-chiseled"),
		Resources: &containerinstance.ResourceRequirements{Requests: containerinstance.ResourceRequests{Cpu: 1, MemoryInGB: 2}},
	}}
	body := containerinstance.ContainerGroup{Location: pointer.To(region), Identity: &both, Properties: containerinstance.ContainerGroupPropertiesProperties{
		OsType:     pointer.To(containerinstance.OperatingSystemTypesLinux),
		Containers: []containerinstance.Container{container},
	}}
	if err := at.groups.ContainerGroupsCreateOrUpdateThenPoll(ctx, at.containersID(), body); err != nil {
		return "", err
	}
	read, err := at.groups.ContainerGroupsGet(ctx, at.containersID())
	if err != nil {
		return "", err
	}
	shown := read.Model.Identity
	fmt.Println("containers:", pointer.From(read.Model.Properties.ProvisioningState), shown.Type, len(shown.IdentityIds), len(shown.PrincipalId))
	return shown.PrincipalId, nil
}

func (at *cloud) createGrant(ctx context.Context, principal string) error {
	properties := roleassignments.RoleAssignmentProperties{
		PrincipalId:      principal,
		RoleDefinitionId: fmt.Sprintf("/subscriptions/%s/providers/Microsoft.Authorization/roleDefinitions/%s", at.subscription, reader),
		PrincipalType:    pointer.To(roleassignments.PrincipalTypeServicePrincipal),
	}
	if _, err := at.grants.Create(ctx, at.grantID(), roleassignments.RoleAssignmentCreateParameters{Properties: properties}); err != nil {
		return err
	}
	read, err := at.grants.Get(ctx, at.grantID(), roleassignments.DefaultGetOperationOptions())
	if err != nil {
		return err
	}
	options := roleassignments.DefaultListForScopeOperationOptions()
	options.Filter = pointer.To(fmt.Sprintf("principalId eq '%s'", principal))
	found, err := at.grants.ListForScopeComplete(ctx, commonids.NewScopeID(at.groupID().ID()), options)
	if err != nil {
		return err
	}
	fmt.Println("grant:", strings.HasSuffix(read.Model.Properties.RoleDefinitionId, reader), read.Model.Properties.PrincipalId == principal, len(found.Items))
	return nil
}

func (at *cloud) destroy(ctx context.Context) error {
	if _, err := at.grants.Delete(ctx, at.grantID(), roleassignments.DefaultDeleteOperationOptions()); err != nil {
		return err
	}
	if err := at.groups.ContainerGroupsDeleteThenPoll(ctx, at.containersID()); err != nil {
		return err
	}
	if _, err := at.credentials.Delete(ctx, at.credentialID()); err != nil {
		return err
	}
	if _, err := at.identities.UserAssignedIdentitiesDelete(ctx, at.identityID()); err != nil {
		return err
	}
	left, err := at.identities.UserAssignedIdentitiesGet(ctx, at.identityID())
	fmt.Println("destroyed:", err != nil && response.WasNotFound(left.HttpResponse))
	if err := at.resources.DeleteThenPoll(ctx, at.groupID(), resourcegroups.DefaultDeleteOperationOptions()); err != nil {
		return err
	}
	gone, err := at.resources.Get(ctx, at.groupID())
	fmt.Println("group destroyed:", err != nil && response.WasNotFound(gone.HttpResponse))
	return nil
}
