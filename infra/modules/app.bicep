// The function app on Flex Consumption.
param name string
param location string
param tags object
param identityId string
param identityClientId string
param storageName string
param packageUrl string
param vaultUri string
param applicationInsightsConnectionString string
param instanceMemoryMB int
param maximumInstanceCount int
param syncSchedule string
param publicBaseUrl string
param oauthClientId string
param oauthTenant string
param oauthSecretName string
param portalOrigin string
param workspaceClaim string
param reworkDays int

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: 'plan-${name}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'connector' })
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageUrl
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
        }
      }
      runtime: { name: 'python', version: '3.11' }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        // Python starts with one request for each instance; the handlers wait for storage most of the time.
        triggers: { http: { perInstanceConcurrency: 16 } }
      }
    }
    siteConfig: { minTlsVersion: '1.2', ftpsState: 'Disabled' }
  }

  resource settings 'config' = {
    name: 'appsettings'
    properties: {
      AzureWebJobsStorage__accountName: storageName
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: identityClientId
      APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsightsConnectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
      AZURE_CLIENT_ID: identityClientId
      FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '4194304'
      PYTHON_THREADPOOL_THREAD_COUNT: '16'
      KEY_VAULT_URL: vaultUri
      SYNC_SCHEDULE: syncSchedule
      PUBLIC_BASE_URL: empty(publicBaseUrl) ? 'https://${app.properties.defaultHostName}' : publicBaseUrl
      OAUTH_CLIENT_ID: oauthClientId
      OAUTH_TENANT: oauthTenant
      OAUTH_SECRET_NAME: oauthSecretName
      PORTAL_ORIGIN: portalOrigin
      WORKSPACE_CLAIM: workspaceClaim
      REWORK_DAYS: string(reworkDays)
    }
  }

  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

output name string = app.name
output url string = 'https://${app.properties.defaultHostName}'
