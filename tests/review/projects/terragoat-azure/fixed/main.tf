resource "azurerm_storage_container" "c" {
  name                  = "c"
  container_access_type = "private"
}
resource "azurerm_network_security_rule" "ssh" {
  access                 = "Allow"
  direction              = "Inbound"
  protocol               = "Tcp"
  source_address_prefix  = "10.1.0.0/16"
  destination_port_range = "22"
}
