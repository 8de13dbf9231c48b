"""Where the two vocabularies meet: Azure DevOps objects in, Flow entities out. The only package that imports both."""
