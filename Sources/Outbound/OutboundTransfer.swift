import CCurl

// DESIGN. A pull: the reader drives the transfer, so a slow reader stops it, and no more than one buffer is held. libcurl's
// multi interface lets a transfer be driven for a moment and then paused; the write callback pauses it when enough bytes wait.

/// One answer, whose reader drives the transfer. One thread at a time may use it; releasing it ends the transfer.
///
/// `@unchecked Sendable`: the owner accesses it through a lock (`S3Download`).
package final class OutboundTransfer: @unchecked Sendable {
    /// The way in which a transfer failed.
    package enum Fault: Error {
        case transport(OutboundError)
        /// Another status than the expected one.
        case status(OutboundAnswer)
    }

    private let connection: OutboundConnection
    private let multi: UnsafeMutableRawPointer
    private let expected: Int
    private var isOver = false

    /// Begins a request whose answer is `.pulled`; nothing is sent before the first `pull`.
    ///
    /// - Parameter connection: used only by this transfer from now on.
    package init(
        _ request: OutboundRequest, on connection: OutboundConnection, expecting status: Int
    ) throws(OutboundError) {
        guard let multi = curl_multi_init() else { throw .noHandle }
        self.connection = connection
        self.multi = multi
        expected = status
        connection.prepare(request)
        curl_multi_add_handle(multi, connection.handle)
    }

    deinit {
        curl_multi_remove_handle(multi, connection.handle)
        curl_multi_cleanup(multi)
    }

    /// Some bytes; none at the end of the answer. Blocks the calling thread.
    ///
    /// - Parameters:
    ///   - patience: the seconds without a byte after which the transfer is given up.
    ///   - isCancelled: called twice a second; true ends the transfer.
    package func pull(patience: Int, isCancelled: () -> Bool) throws(Fault) -> [UInt8] {
        do {
            try connection.resume()
        } catch {
            throw .transport(error)
        }
        let begun = ContinuousClock.now
        while !isOver {
            var running: Int32 = 0
            let code = curl_multi_perform(multi, &running)
            guard code == CURLM_OK else {
                throw .transport(OutboundError(text: String(cString: curl_multi_strerror(code)), mayPass: true))
            }
            if running == 0 {
                try end()
            } else if connection.isFull || connection.isPaused {
                break
            } else {
                guard !isCancelled(), ContinuousClock.now - begun < .seconds(patience) else {
                    throw .transport(OutboundError(text: "no answer for \(patience) seconds", mayPass: true))
                }
                curl_multi_poll(multi, nil, 0, 500, nil)
            }
        }
        return connection.takeBody()
    }

    /// Checks how the transfer ended.
    private func end() throws(Fault) {
        isOver = true
        var left: Int32 = 0
        do {
            if let message = curl_multi_info_read(multi, &left) { try connection.check(message.pointee.data.result) }
        } catch {
            // The bytes before the break are valid; the next request continues after them.
            if connection.status == expected, connection.hasBody { return }
            throw .transport(error)
        }
        guard connection.status == expected else { throw .status(connection.answer()) }
    }
}
