// DESIGN. An exception removes conditions. This table lists exceptions that remove so many duties that strong copyleft stops at
// the library itself, from the exceptions' own texts on the SPDX list (https://spdx.org/licenses/exceptions-index.html). An
// exception that is not listed leaves the family unchanged, because Waybill must not assume a milder licence. docs/licences.md
// shows the table.

extension LicenseFamily {
    /// The family of a licence together with an exception of the SPDX list.
    func with(exception id: String) -> LicenseFamily {
        self == .strongCopyleft && Self.limitingExceptions.contains(id) ? .weakCopyleft : self
    }

    /// Exceptions that keep strong copyleft to the library, in the spelling of the SPDX list.
    package static let limitingExceptions: Set<String> = Set(linkingExceptions + outputExceptions)

    /// Exceptions that allow any terms for programs that link with the library or use its interface.
    package static let linkingExceptions = [
        "CGAL-linking-exception", "Classpath-exception-2.0", "Classpath-exception-2.0-short", "CLISP-exception-2.0",
        "eCos-exception-2.0", "erlang-otp-linking-exception", "Fawkes-Runtime-exception", "freertos-exception-2.0",
        "GCC-exception-2.0", "GCC-exception-2.0-note", "GCC-exception-3.1", "GNAT-exception", "GNU-compiler-exception",
        "gnu-javamail-exception", "GPL-3.0-interface-exception", "harbour-exception", "Independent-modules-exception",
        "Linux-syscall-note", "mif-exception", "SANE-exception", "SWI-exception", "u-boot-exception-2.0",
        "WxWindows-exception-3.1",
    ]

    /// Exceptions that allow any terms for the output of the program, also for output that contains parts of the
    /// program.
    package static let outputExceptions = [
        "Autoconf-exception-2.0", "Autoconf-exception-3.0", "Autoconf-exception-generic",
        "Autoconf-exception-generic-3.0", "Autoconf-exception-macro", "Bison-exception-1.24", "Bison-exception-2.2",
        "Bootloader-exception", "Font-exception-2.0", "Libtool-exception", "PS-or-PDF-font-exception-20170817",
        "Qt-GPL-exception-1.0", "Texinfo-exception",
    ]
}
