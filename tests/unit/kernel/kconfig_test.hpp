#pragma once

#include <ktest/file.hpp>

#include <filesystem>
#include <string>

namespace ktest::test {

/// A made-up source tree with a few Kconfig files.
class kconfig_tree {
public:
    kconfig_tree() {
        auto name = (std::filesystem::temp_directory_path() / "ktest-kconfig-XXXXXX").string();
        root = ::mkdtemp(name.data());
        write("Kconfig", R"(mainmenu "A tree"
# a remark
source "scripts/Kconfig.include"
config MODULES
	bool "Loadable modules"
	modules
menu "Block"
	depends on BLOCK
source "drivers/Kconfig"
endmenu
source "arch/$(SRCARCH)/Kconfig"
source "nowhere/$(UNKNOWN)/Kconfig"
)");
        write("scripts/Kconfig.include", "if-success = $(shell,{ $(1); } >/dev/null 2>&1 && echo \"$(2)\")\n"
                                         "cc-option = $(success,trap \"rm -rf .tmp\" EXIT)\n");
        write("arch/x86/Kconfig", R"kconfig(config 64BIT
	bool "64-bit kernel" if "$(ARCH)" = "x86"
	default "$(ARCH)" != "i386"
	select CRC if MD
config BLOCK
	bool "Block layer" if EXPERT
	default y
config EXPERT
	bool "For experts"
config CPUS
	int "Processors" if EXPERT
	range 1 512
config VERSION_TEXT
	string "What is said"
choice
	prompt "Preemption"
	default NONE
config NONE
	bool "None"
config FULL
	bool "Full"
endchoice
)kconfig");
        write("drivers/Kconfig", R"(menuconfig MD
	bool "Several disks"
	help
	  config NOT_THIS
	    bool "nor this"

	  if NOR_THAT

if MD
rsource "cache/Kconfig"
endif # MD

config SPLIT
	bool 'Split # it' # a remark
	depends on $(cc-option,-gsplit-dwarf)
config CRC
	tristate
config DEEP
	tristate "Deep"
	depends on (CACHE || \
		    NOSUCH) && !EXPERT \
		&& CPUS < 8
)");
        write("drivers/cache/Kconfig",
              "\nconfig CACHE\n\ttristate \"A cache\"\n\tselect CRC\n\thelp\n\tText.\n"
              "config CACHE_DEBUG\n\tbool \"Debugging\"\n\tdepends on CACHE\n"
              "source \"drivers/cache/Kconfig\"\n");
    }
    kconfig_tree(kconfig_tree const&) = delete;
    auto operator=(kconfig_tree const&) -> kconfig_tree& = delete;
    ~kconfig_tree() {
        std::error_code ignored;
        std::filesystem::remove_all(root, ignored);
    }

    void write(std::filesystem::path const& file, std::string_view text) const {
        std::filesystem::create_directories((root / file).parent_path());
        (void)write_file(root / file, text);
    }

    std::filesystem::path root;
};

} // namespace ktest::test
