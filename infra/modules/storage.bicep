// Queues, tables, the deployment package and the host's own blobs. Identities only: shared keys are off.
param name string
param location string
param tags object

@description('Every queue of the app; each gets a poison twin, which the host fills and the app drains.')
param queues array = ['sync-plan', 'ingest']

@description('Every table of the app.')
param tables array = [
  'apirequests'
  'boards'
  'builds'
  'commits'
  'committickets'
  'committips'
  'coverage'
  'deployments'
  'integrationindex'
  'integrations'
  'oauthauthorizations'
  'oauthtokens'
  'pauses'
  'pullrequestcomments'
  'pullrequestcommits'
  'pullrequestevents'
  'pullrequests'
  'pullrequesttickets'
  'repos'
  'runs'
  'runstreams'
  'secrets'
  'sprints'
  'statusmappings'
  'ticketlinks'
  'ticketprojects'
  'ticketrevisions'
  'tickets'
  'ticketstates'
  'tickettypes'
  'users'
  'watermarks'
  'webhooks'
]

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }

  resource blobs 'blobServices' = {
    name: 'default'

    resource package 'containers' = {
      name: 'package'
      properties: { publicAccess: 'None' }
    }
  }

  resource queueService 'queueServices' = {
    name: 'default'

    resource work 'queues' = [for queue in queues: {
      name: queue
    }]

    resource poison 'queues' = [for queue in queues: {
      name: '${queue}-poison'
    }]
  }

  resource tableService 'tableServices' = {
    name: 'default'

    resource rows 'tables' = [for table in tables: {
      name: table
    }]
  }
}

output name string = account.name
output packageUrl string = '${account.properties.primaryEndpoints.blob}${account::blobs::package.name}'
