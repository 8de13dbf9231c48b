// The connector in Azure: one Flex Consumption app with its identity, storage, vault and telemetry.
targetScope = 'resourceGroup'

@description('Name of the environment; part of every resource name.')
@minLength(2)
@maxLength(20)
param environmentName string

@description('Region of all resources.')
param location string = resourceGroup().location

@description('When the incremental sync runs: NCRONTAB, six fields, UTC.')
param syncSchedule string = '0 */15 * * * *'

@description('Where Azure DevOps and Microsoft Entra reach this app; empty: its own address.')
param publicBaseUrl string = ''

@description('Client id of the Entra application customers sign in with; empty: access tokens only.')
param oauthClientId string = ''

@description('Tenant of that application, or organizations for customers of any tenant.')
param oauthTenant string = 'organizations'

@description('Name of the vault secret with that application\'s credential; empty: the managed identity is its credential.')
param oauthSecretName string = ''

@description('Exact origin of the portal that receives the completion code of an OAuth consent.')
param portalOrigin string = ''

@description('Claim that names the workspace when App Service Authentication is on.')
param workspaceClaim string = 'tid'

@description('Days within which changing own code counts as rework.')
@minValue(1)
param reworkDays int = 30

@description('Memory of an instance in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('The only global brake on the queue functions.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Days for which deleted secrets can be recovered; fixed once the vault exists.')
@minValue(7)
@maxValue(90)
param softDeleteRetentionInDays int = 30

var suffix = uniqueString(resourceGroup().id, environmentName)
var tags = { 'azd-env-name': environmentName }

module identity 'modules/identity.bicep' = {
  name: 'identity'
  params: { name: 'id-${environmentName}-${suffix}', location: location, tags: tags }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  params: { name: take('st${suffix}${replace(environmentName, '-', '')}', 24), location: location, tags: tags }
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  params: {
    name: take('kv-${suffix}-${environmentName}', 24)
    location: location
    tags: tags
    softDeleteRetentionInDays: softDeleteRetentionInDays
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  params: { name: '${environmentName}-${suffix}', location: location, tags: tags }
}

module roles 'modules/roles.bicep' = {
  name: 'roles'
  params: {
    principalId: identity.outputs.principalId
    storageName: storage.outputs.name
    vaultName: vault.outputs.name
    applicationInsightsName: monitoring.outputs.applicationInsightsName
  }
}

module app 'modules/app.bicep' = {
  name: 'app'
  dependsOn: [roles]
  params: {
    name: 'func-${environmentName}-${suffix}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storageName: storage.outputs.name
    packageUrl: storage.outputs.packageUrl
    vaultUri: vault.outputs.uri
    applicationInsightsConnectionString: monitoring.outputs.connectionString
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    syncSchedule: syncSchedule
    publicBaseUrl: publicBaseUrl
    oauthClientId: oauthClientId
    oauthTenant: oauthTenant
    oauthSecretName: oauthSecretName
    portalOrigin: portalOrigin
    workspaceClaim: workspaceClaim
    reworkDays: reworkDays
  }
}

output appName string = app.outputs.name
output appUrl string = app.outputs.url
