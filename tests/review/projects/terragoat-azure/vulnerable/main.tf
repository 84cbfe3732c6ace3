resource "azurerm_storage_account" "s" {
  name                      = "s"
  enable_https_traffic_only = false # expect: tf-azure-storage-https
  min_tls_version           = "TLS1_0" # expect: tf-azure-storage-tls
  network_rules {
    default_action = "Allow" # expect: tf-azure-storage-network
  }
}
resource "azurerm_storage_container" "c" {
  name                  = "c"
  container_access_type = "blob" # expect: tf-azure-container-public
}
resource "azurerm_network_security_rule" "ssh" {
  access                     = "Allow"
  direction                  = "Inbound"
  protocol                   = "Tcp"
  source_address_prefix      = "*"
  destination_port_range     = "22" # expect: tf-azure-nsg-ssh
}
resource "azurerm_mssql_firewall_rule" "all" {
  start_ip_address = "0.0.0.0"
  end_ip_address   = "255.255.255.255" # expect: tf-azure-sql-firewall-world
}
resource "azurerm_mssql_server" "sql" {
  administrator_login          = "k8s_owner"
  administrator_login_password = "Aa12345678!x" # expect: secret-password
  public_network_access_enabled = true # expect: tf-azure-sql-public-network
}
resource "azurerm_function_app" "f" {
  https_only = false # expect: tf-azure-app-https
  site_config {
    cors {
      allowed_origins = ["*"] # expect: tf-azure-app-cors
    }
  }
}
