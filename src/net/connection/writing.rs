//! What the lane writes: pongs, compressed messages, and what the JS thread could not write.

use std::task::{Context, Poll};

use super::{
    super::{Kind, Progress, lane::LaneState},
    Connection, WRITE,
};

impl Connection {
    /// Writes what waits: pongs, compressed messages, and what the JS thread could not write.
    pub(super) fn poll_write(&mut self, lane: &mut LaneState, context: &mut Context<'_>) {
        if self.compress(lane, context) {
            self.note_activity();
        }
        let Some(socket) = &self.socket else { return };
        let mut outbound = self.link.outbound();
        let error = loop {
            if outbound.is_drained() {
                break None;
            }
            let mut ready = match socket.poll_write_ready(context) {
                Poll::Ready(Ok(ready)) => ready,
                Poll::Ready(Err(error)) => break Some(error),
                Poll::Pending => break None,
            };
            match outbound.write(&self.link) {
                Ok(Progress::Drained) => break None,
                Ok(Progress::Blocked) => ready.clear_ready(),
                Err(error) => break Some(error),
            }
        };
        let goes_on = outbound.has_released() && error.is_none() && outbound.is_drained();
        if goes_on && self.is_writable(context) {
            context.waker().wake_by_ref();
        }
        let sent = match outbound.in_tick() {
            // JS calls the callbacks in the order in which it has sent, those that fail included.
            true => 0,
            false => outbound.take_receipts(),
        };
        let peak = outbound.take_peak();
        let finished = outbound.finish_if_drained(&self.link);
        drop(outbound);
        if sent > 0 {
            lane.batch
                .records_mut()
                .push(self.link.number(), Kind::Sent, sent, 0);
        }
        if let Some(peak) = peak {
            let peak = u32::try_from(peak).unwrap_or(u32::MAX);
            lane.batch
                .records_mut()
                .push(self.link.number(), Kind::Drained, peak, 0);
        }
        if finished {
            lane.batch
                .records_mut()
                .push(self.link.number(), Kind::Finished, 0, 0);
        }
        if let Some(error) = error {
            self.report(lane, &error, WRITE);
        }
    }

    /// What the socket takes is known as soon as whether the peer has ended, for which nothing is
    /// compressed any more.
    fn is_writable(&self, context: &mut Context<'_>) -> bool {
        let socket = self.socket.as_ref();
        socket.is_some_and(|socket| socket.poll_write_ready(context).is_ready())
    }

    /// Frames what had to wait for this thread, as long as the socket keeps up. Returns whether
    /// there was anything.
    fn compress(&self, lane: &mut LaneState, context: &mut Context<'_>) -> bool {
        let mut found = false;
        let mut outbound = self.link.outbound();
        if !outbound.has_released() || !self.is_writable(context) {
            return false;
        }
        while outbound.queued() < COMPRESSED_AHEAD {
            let Some((mut sender, unframed)) = outbound.take_unframed() else {
                break;
            };
            found = true;
            // The JS thread must not wait for this.
            drop(outbound);
            lane.frame.clear();
            match unframed.options {
                Some(options) => sender.send(options, &unframed.payload, &mut lane.frame),
                None => lane.frame.extend_from_slice(&unframed.payload),
            }
            outbound = self.link.outbound();
            outbound.put_framed(sender, &unframed, &lane.frame);
        }
        found
    }
}

/// Bytes that are compressed before the socket has taken them.
const COMPRESSED_AHEAD: usize = 64 * 1024;
