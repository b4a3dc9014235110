//! The same paths with accounts looked at at the nodes alone: what watching them in between adds.
//!
//! Only paths on which something happened between nodes can differ; those are walked again.

use super::path::{PathEngine, Workspace};

/// Paths walked again together.
const BLOCK_PATHS_MAX: usize = 64;

/// An engine that looks at accounts at the nodes alone.
pub(super) struct NodesAlone {
    engine: PathEngine,
}

/// What a worker needs to walk paths again.
pub(super) struct Room {
    workspace: Workspace,
    places: Vec<usize>,
    ids: Vec<u64>,
}

impl NodesAlone {
    /// `None` where all accounts of `engine` are looked at at the nodes alone anyhow.
    pub fn of(engine: &PathEngine) -> Option<Self> {
        Some(Self { engine: engine.at_nodes_alone()? })
    }

    /// Room to walk again what is to be of a block.
    pub fn room(&self) -> Room {
        Room {
            workspace: self.engine.workspace(self.block_paths()),
            places: Vec::with_capacity(self.engine.block_paths()),
            ids: Vec::with_capacity(self.block_paths()),
        }
    }

    fn block_paths(&self) -> usize {
        self.engine.block_paths().min(BLOCK_PATHS_MAX)
    }

    /// Tells `walked`, a block of `paths`, which accounts were liquidated there if looked at at the
    /// nodes alone.
    pub fn compare(&self, walked: &mut Workspace, paths: &[u64], room: &mut Room) {
        let Some(state) = walked.events_mut() else { return };
        let Room { workspace, places, ids } = room;
        state.compare_nodes_alone();
        places.clear();
        places.extend(state.parted());
        for places in places.chunks(self.block_paths()) {
            ids.clear();
            ids.extend(places.iter().map(|&place| paths[place]));
            self.engine.walk(workspace, ids);
            let Some((_, alone)) = self.engine.events_walked(workspace) else { return };
            for (again, &place) in places.iter().enumerate() {
                state.take_nodes_alone(place, alone, again);
            }
        }
    }
}
